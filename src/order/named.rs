//! Kinds without payload: the enum, the list of its values and their names on the wire, written once.

macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$item_doc:meta])* $item:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$item_doc])* $item,)+ }
        impl $name {
            /// Every value, in the order of declaration.
            pub const ALL: [$name; [$($text),+].len()] = [$($name::$item,)+];
            /// The name as serialised.
            pub const fn name(self) -> &'static str {
                match self { $($name::$item => $text,)+ }
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}
pub(in crate::order) use named;

#[cfg(test)]
mod tests {
    use crate::order::{
        AnomalyKind, HoldReason, NextStep, NoticeReason, OrderStatus, RequestKind, Stage, TicketReason,
        payment::{Method, PaymentFactKind},
    };

    fn hold<T: serde::Serialize + Copy + std::fmt::Display>(all: &[T]) {
        for value in all {
            let wire = serde_json::to_value(value).expect("it serialises");
            assert_eq!(wire, value.to_string());
        }
    }

    #[test]
    fn a_name_is_what_is_serialised() {
        hold(&AnomalyKind::ALL);
        hold(&HoldReason::ALL);
        hold(&Method::ALL);
        hold(&NextStep::ALL);
        hold(&NoticeReason::ALL);
        hold(&OrderStatus::ALL);
        hold(&PaymentFactKind::ALL);
        hold(&RequestKind::ALL);
        hold(&Stage::ALL);
        hold(&TicketReason::ALL);
    }
}
