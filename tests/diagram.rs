//! The drawing in the docs is the table, and the table is what the code does (`order_transitions`).

#[cfg(test)]
mod diagram {
    use std::{env, fs, path::Path};

    use order_workflow::order::{Way, to_dot, to_mermaid};

    /// What stands in `src/order/diagram.md`.
    fn drawn() -> String {
        let mut text = String::from("# Where a unit may go\n");
        let ways =
            [(Way::Ship, "By parcel"), (Way::PickUp, "Collected by the customer"), (Way::Digital, "Digital")];
        for (way, title) in ways {
            text += &format!("\n## {title}\n\n```mermaid\n{}```\n", to_mermaid(way));
        }
        text
    }

    #[test]
    fn the_docs_show_the_table() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/order/diagram.md");
        if env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&path, drawn()).unwrap();
        }
        let stands = fs::read_to_string(&path).unwrap();
        assert_eq!(stands, drawn(), "UPDATE_GOLDEN=1 cargo test --test diagram draws it anew");
    }

    #[test]
    fn both_notations_draw_the_same_arrows() {
        for way in Way::ALL {
            let arrows = |text: &str, arrow: &str| text.lines().filter(|line| line.contains(arrow)).count();
            let (mermaid, dot) = (to_mermaid(way), to_dot(way));
            let start = 1; // `[*] --> placed`
            assert_eq!(arrows(&mermaid, " --> ") - start, arrows(&dot, " -> "), "{way:?}");
            assert!(arrows(&dot, " -> ") > 3);
        }
    }
}
