//! Who may use whom, and whose types may show: the house rules, read off the source itself.
//!
//! Three things are offences: a room that uses a room which the table `may_use` does not list, a top-level
//! module that is no room, and a public signature that shows a type of a crate other than those in `SHOWN`. The source is parsed, not compiled, so what a macro writes is seen only as tokens.

#[cfg(test)]
mod architecture {
    use std::collections::{BTreeMap, BTreeSet};
    use std::fs;
    use std::path::Path;

    use proc_macro2::{Delimiter, TokenStream, TokenTree};
    use syn::visit::{self, Visit};
    use syn::{Item, UseTree, Visibility};

    const GROUND: &[&str] = &["money", "id", "geo", "calendar", "decision"];
    const DOMAINS: &[&str] =
        &["order", "promotion", "inventory", "sourcing", "fulfilment", "tracking", "support", "insight"];
    /// Crates whose types a public signature may show.
    const SHOWN: &[&str] = &["std", "core", "alloc", "serde", "chrono", "rust_decimal", "uuid"];
    /// Rooms that exist to meet another crate's types.
    const MEETS_OTHERS: &[&str] = &["testkit", "schema"];

    /// The house. `None`: there is no such room.
    fn may_use(room: &str) -> Option<Vec<&'static str>> {
        let lists: &[&[&str]] = match room {
            "money" | "id" | "calendar" => &[],
            "geo" | "decision" => &[&["id"]],
            "reservation" => &[&["id", "money"]],
            "order" | "sourcing" | "fulfilment" | "tracking" | "insight" => &[GROUND],
            "promotion" | "inventory" | "support" => &[GROUND, &["reservation"]],
            "checkout" => &[GROUND, &["reservation"], DOMAINS],
            "workflow" => &[GROUND, &["reservation"], DOMAINS, &["checkout"]],
            "text" | "testkit" | "schema" => &[GROUND, &["reservation"], DOMAINS, &["checkout", "workflow"]],
            _ => return None,
        };
        Some(lists.concat())
    }

    /// Names of a path as written, or of a module from the crate's root.
    type Names = Vec<String>;

    /// One name that a `use` brings in; `name` is `None` for a glob.
    struct Import {
        path: Names,
        name: Option<String>,
    }

    fn imports(tree: &UseTree, before: &[String], into: &mut Vec<Import>) {
        let with = |name: &syn::Ident| -> Names {
            let name = name.to_string();
            if name == "self" && !before.is_empty() { before.to_vec() } else { [before, &[name]].concat() }
        };
        match tree {
            UseTree::Path(path) => imports(&path.tree, &[before, &[path.ident.to_string()]].concat(), into),
            UseTree::Group(group) => group.items.iter().for_each(|tree| imports(tree, before, into)),
            UseTree::Glob(_) => into.push(Import { path: before.to_vec(), name: None }),
            UseTree::Name(leaf) => {
                let path = with(&leaf.ident);
                into.push(Import { name: path.last().cloned(), path });
            }
            UseTree::Rename(leaf) => {
                into.push(Import { path: with(&leaf.ident), name: Some(leaf.rename.to_string()) });
            }
        }
    }

    fn imports_of(item: &syn::ItemUse) -> Vec<Import> {
        let mut all = Vec::new();
        imports(&item.tree, &[], &mut all);
        all
    }

    /// From the crate's root, if `path` says where it starts.
    fn absolute(module: &[String], path: &[String]) -> Option<Names> {
        let (first, mut rest) = path.split_first()?;
        let mut from = match first.as_str() {
            "crate" => &[],
            "self" => module,
            "super" => module.split_last()?.1,
            _ => return None,
        };
        while let Some((_, after)) = rest.split_first().filter(|(next, _)| *next == "super") {
            (from, rest) = (from.split_last()?.1, after);
        }
        Some([from, rest].concat())
    }

    fn names(path: &syn::Path) -> Names {
        path.segments.iter().map(|segment| segment.ident.to_string()).collect()
    }

    fn is_test(attributes: &[syn::Attribute]) -> bool {
        let is_cfg_test = |list: &syn::MetaList| {
            let names = paths_in(list.tokens.clone()).concat();
            list.path.is_ident("cfg")
                && names.iter().any(|n| n == "test")
                && !names.iter().any(|n| n == "not")
        };
        attributes.iter().any(|a| a.meta.require_list().is_ok_and(is_cfg_test))
    }

    /// Every path in tokens that nobody parsed, those in strings such as `with = "crate::…"` included.
    fn paths_in(tokens: TokenStream) -> Vec<Names> {
        let (mut found, mut path, mut colons) = (Vec::new(), Names::new(), 0);
        for tree in tokens {
            if let TokenTree::Punct(punct) = &tree
                && punct.as_char() == ':'
            {
                colons += 1;
                continue;
            }
            let goes_on = colons == 2 && !path.is_empty();
            colons = 0;
            if !goes_on && !path.is_empty() {
                found.push(std::mem::take(&mut path));
            }
            match tree {
                TokenTree::Ident(ident) => path.push(ident.to_string()),
                TokenTree::Group(group) => {
                    let before = if group.delimiter() == Delimiter::Brace {
                        std::mem::take(&mut path)
                    } else {
                        Names::new()
                    };
                    found.extend(
                        paths_in(group.stream()).into_iter().map(|inner| [before.clone(), inner].concat()),
                    );
                }
                TokenTree::Literal(literal) => {
                    let text = literal.to_string();
                    let text = text.trim_matches('"');
                    if text.starts_with("crate::") || text.starts_with("super::") {
                        found.push(text.split("::").map(str::to_owned).collect());
                    }
                }
                TokenTree::Punct(_) => {}
            }
        }
        found.extend((!path.is_empty()).then_some(path));
        found
    }

    /// What one module declares, as far as the rules ask.
    #[derive(Default)]
    struct Scope {
        imports: BTreeMap<String, Names>,
        globs: Vec<Names>,
        aliases: BTreeMap<String, syn::Type>,
        /// Item → whether it is `pub`.
        items: BTreeMap<String, bool>,
    }

    enum Place {
        Here { module: Names, name: String },
        Elsewhere { krate: String },
    }

    struct House {
        modules: BTreeMap<Names, Scope>,
        /// Names of crates that no public signature may show.
        hidden: BTreeSet<String>,
        offences: Vec<String>,
    }

    impl House {
        fn declare(&mut self, module: &Names, items: &[Item]) {
            let mut scope = Scope::default();
            for item in items {
                let (ident, visibility) = match item {
                    Item::Use(item) => {
                        for import in imports_of(item) {
                            match import.name {
                                Some(name) => drop(scope.imports.insert(name, import.path)),
                                None => scope.globs.push(import.path),
                            }
                        }
                        continue;
                    }
                    Item::Mod(inner) => {
                        if let Some((_, items)) = &inner.content {
                            self.declare(&[module.as_slice(), &[inner.ident.to_string()]].concat(), items);
                        }
                        continue;
                    }
                    Item::Type(item) => {
                        scope.aliases.insert(item.ident.to_string(), (*item.ty).clone());
                        (&item.ident, &item.vis)
                    }
                    Item::Struct(item) => (&item.ident, &item.vis),
                    Item::Enum(item) => (&item.ident, &item.vis),
                    Item::Union(item) => (&item.ident, &item.vis),
                    Item::Trait(item) => (&item.ident, &item.vis),
                    _ => continue,
                };
                scope.items.insert(ident.to_string(), is_public(visibility));
            }
            self.modules.insert(module.clone(), scope);
        }

        /// Where a path leads after all imports; `steps` ends cycles.
        fn resolve(&self, module: &[String], path: &[String], steps: u8) -> Option<Place> {
            let steps = steps.checked_sub(1)?;
            if let Some(path) = absolute(module, path) {
                let depth = (0..path.len()).rev().find(|depth| self.modules.contains_key(&path[..*depth]))?;
                return self.named(&path[..depth], &path[depth..], steps);
            }
            self.named(module, path, steps)
                .or_else(|| Some(Place::Elsewhere { krate: path.first()?.clone() }))
        }

        fn named(&self, module: &[String], path: &[String], steps: u8) -> Option<Place> {
            let (name, rest) = path.split_first()?;
            let scope = self.modules.get(module)?;
            if let Some(target) = scope.imports.get(name).filter(|target| target.as_slice() != [name.clone()])
            {
                return self.resolve(module, &[target, rest].concat(), steps);
            }
            if scope.items.contains_key(name) {
                return Some(Place::Here { module: module.to_vec(), name: name.clone() });
            }
            let inner = [module, std::slice::from_ref(name)].concat();
            if self.modules.contains_key(&inner) {
                return self.named(&inner, rest, steps);
            }
            let steps = steps.checked_sub(1)?;
            let globs = scope.globs.iter().filter_map(|glob| absolute(module, glob));
            globs.filter(|glob| glob != module).find_map(|glob| self.named(&glob, path, steps))
        }

        fn is_hidden(&self, module: &[String], path: &[String]) -> Option<String> {
            match self.resolve(module, path, 16)? {
                Place::Elsewhere { krate } => self.hidden.contains(&krate).then_some(krate),
                Place::Here { .. } => None,
            }
        }

        fn is_private(&self, module: &[String], path: &syn::Path) -> bool {
            match self.resolve(module, &names(path), 16) {
                Some(Place::Here { module, name }) => !self.modules[&module].items[&name],
                _ => false,
            }
        }
    }

    fn is_public(visibility: &Visibility) -> bool {
        matches!(visibility, Visibility::Public(_))
    }

    // ---- edges between rooms

    struct Edges<'a> {
        house: &'a House,
        file: &'a str,
        module: Names,
        offences: Vec<String>,
    }

    impl Edges<'_> {
        fn uses(&mut self, path: &[String]) {
            let Some(room) = self.module.first().cloned() else { return }; // the root may name every room
            let Some(mut target) = absolute(&self.module, path) else { return };
            let shown = path.join("::");
            // a name at the root stands for the room it comes from
            for _ in 0..16 {
                let Some(first) = target.first() else {
                    return self.offend(format!("`{shown}` names the root as a whole, which hides the room"));
                };
                if *first == room {
                    return;
                }
                if may_use(first).is_some() {
                    if !may_use(&room).is_some_and(|list| list.contains(&first.as_str())) {
                        self.offend(format!("`{room}` may not use `{first}`: `{shown}`"));
                    }
                    return;
                }
                let Some(import) = self.house.modules[&Names::new()].imports.get(first) else { break };
                let Some(place) = absolute(&[], import).or_else(|| Some(import.clone())) else { break };
                target = place;
            }
            self.offend(format!("`{shown}` leads to no room"));
        }

        fn offend(&mut self, what: String) {
            self.offences.push(format!("{}: {what}", self.file));
        }
    }

    impl<'ast> Visit<'ast> for Edges<'_> {
        fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
            self.module.push(item.ident.to_string());
            visit::visit_item_mod(self, item);
            self.module.pop();
        }

        fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
            imports_of(item).iter().for_each(|import| self.uses(&import.path));
        }

        fn visit_item_extern_crate(&mut self, item: &'ast syn::ItemExternCrate) {
            if item.ident == "self" {
                self.offend("`extern crate self` names the root as a whole".to_owned());
            }
        }

        fn visit_path(&mut self, path: &'ast syn::Path) {
            if path.leading_colon.is_none() && path.segments.len() > 1 {
                self.uses(&names(path));
            }
            visit::visit_path(self, path);
        }

        fn visit_macro(&mut self, item: &'ast syn::Macro) {
            visit::visit_macro(self, item);
            paths_in(item.tokens.clone())
                .iter()
                .filter(|path| path.len() > 1)
                .for_each(|path| self.uses(path));
        }

        fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
            if let syn::Meta::List(list) = &attribute.meta {
                paths_in(list.tokens.clone())
                    .iter()
                    .filter(|path| path.len() > 1)
                    .for_each(|path| self.uses(path));
            }
        }

        fn visit_visibility(&mut self, _: &'ast Visibility) {} // `pub(crate)` is no use of anything
    }

    // ---- types in public signatures

    struct Signatures<'a> {
        house: &'a House,
        file: &'a str,
        module: Names,
        /// What is being read, for the message.
        item: String,
        /// Aliases being expanded.
        open: Vec<(Names, String)>,
        offences: Vec<String>,
    }

    impl Signatures<'_> {
        fn items(&mut self, items: &[Item]) {
            for item in items {
                self.item(item);
            }
        }

        fn item(&mut self, item: &Item) {
            match item {
                Item::Mod(inner) if !is_test(&inner.attrs) => {
                    if let Some((_, items)) = &inner.content {
                        self.module.push(inner.ident.to_string());
                        self.items(items);
                        self.module.pop();
                    }
                }
                Item::Use(item) => self.item_use(item),
                Item::ExternCrate(item) if is_public(&item.vis) => {
                    self.names_crate(&item.ident.to_string(), "pub extern crate");
                }
                Item::Fn(item) if is_public(&item.vis) => self.signature("fn", &item.sig),
                Item::Const(item) if is_public(&item.vis) => self.a_type("const", &item.ident, &item.ty),
                Item::Static(item) if is_public(&item.vis) => self.a_type("static", &item.ident, &item.ty),
                Item::Type(item) if is_public(&item.vis) => {
                    self.a_type("type", &item.ident, &item.ty);
                    self.visit_generics(&item.generics);
                }
                Item::Struct(item) if is_public(&item.vis) => {
                    self.item = format!("struct {}", item.ident);
                    self.visit_generics(&item.generics);
                    item.fields
                        .iter()
                        .filter(|field| is_public(&field.vis))
                        .for_each(|f| self.visit_type(&f.ty));
                }
                Item::Union(item) if is_public(&item.vis) => {
                    self.item = format!("union {}", item.ident);
                    let public = item.fields.named.iter().filter(|field| is_public(&field.vis));
                    public.for_each(|field| self.visit_type(&field.ty));
                }
                Item::Enum(item) if is_public(&item.vis) => {
                    self.item = format!("enum {}", item.ident);
                    self.visit_generics(&item.generics);
                    let fields = item.variants.iter().flat_map(|variant| &variant.fields);
                    fields.for_each(|field| self.visit_type(&field.ty));
                }
                Item::Trait(item) if is_public(&item.vis) => self.item_trait(item),
                Item::Impl(item) => self.item_impl(item),
                _ => {}
            }
        }

        fn signature(&mut self, what: &str, signature: &syn::Signature) {
            self.item = format!("{what} {}", signature.ident);
            self.visit_signature(signature);
        }

        fn a_type(&mut self, what: &str, ident: &syn::Ident, ty: &syn::Type) {
            self.item = format!("{what} {ident}");
            self.visit_type(ty);
        }

        fn item_use(&mut self, item: &syn::ItemUse) {
            for import in imports_of(item).into_iter().filter(|i| i.name.is_none() || is_public(&item.vis)) {
                self.item = "use".to_owned();
                // `use jiff;` imports itself, so a single name is looked up as it stands
                let own = import.path.first().filter(|first| self.house.hidden.contains(*first)).cloned();
                if let Some(krate) = own.or_else(|| self.house.is_hidden(&self.module, &import.path)) {
                    self.offend(&krate, &import.path.join("::"));
                }
            }
        }

        fn item_trait(&mut self, item: &syn::ItemTrait) {
            self.item = format!("trait {}", item.ident);
            self.visit_generics(&item.generics);
            item.supertraits.iter().for_each(|bound| self.visit_type_param_bound(bound));
            for inner in &item.items {
                match inner {
                    syn::TraitItem::Fn(inner) => {
                        self.signature(&format!("trait {}, fn", item.ident), &inner.sig);
                    }
                    syn::TraitItem::Type(inner) => self.visit_trait_item_type(inner),
                    syn::TraitItem::Const(inner) => self.visit_type(&inner.ty),
                    _ => {}
                }
            }
        }

        fn item_impl(&mut self, item: &syn::ItemImpl) {
            let owner = match &*item.self_ty {
                syn::Type::Path(ty) if ty.qself.is_none() => Some(&ty.path),
                _ => None,
            };
            if owner.is_some_and(|path| self.house.is_private(&self.module, path)) {
                return;
            }
            let name = owner.map_or_else(|| "…".to_owned(), |path| names(path).join("::"));
            if let Some((_, of, _)) = &item.trait_ {
                if self.house.is_private(&self.module, of) {
                    return;
                }
                self.item = format!("impl {} for {name}", names(of).join("::"));
                self.visit_path(of);
                self.visit_type(&item.self_ty);
                self.visit_generics(&item.generics);
                for inner in &item.items {
                    match inner {
                        syn::ImplItem::Type(inner) => self.visit_type(&inner.ty),
                        syn::ImplItem::Const(inner) => self.visit_type(&inner.ty),
                        _ => {}
                    }
                }
                return;
            }
            self.item = format!("impl {name}");
            self.visit_type(&item.self_ty);
            self.visit_generics(&item.generics);
            for inner in &item.items {
                match inner {
                    syn::ImplItem::Fn(inner) if is_public(&inner.vis) => {
                        self.signature(&format!("{name}, fn"), &inner.sig);
                    }
                    syn::ImplItem::Const(inner) if is_public(&inner.vis) => self.visit_type(&inner.ty),
                    _ => {}
                }
            }
        }

        fn names_crate(&mut self, krate: &str, shown: &str) {
            if self.house.hidden.contains(krate) {
                self.offend(krate, shown);
            }
        }

        fn offend(&mut self, krate: &str, shown: &str) {
            let Self { file, item, .. } = self;
            self.offences.push(format!("{file}: {item}: `{shown}` shows a type of `{krate}` to the world"));
        }
    }

    impl<'ast> Visit<'ast> for Signatures<'_> {
        fn visit_path(&mut self, path: &'ast syn::Path) {
            let written = names(path);
            let shown = written.join("::");
            if path.leading_colon.is_some() {
                self.names_crate(&written[0], &shown);
            } else {
                match self.house.resolve(&self.module, &written, 16) {
                    Some(Place::Elsewhere { krate }) => self.names_crate(&krate, &shown),
                    Some(Place::Here { module, name }) => self.alias(module, name),
                    None => {}
                }
            }
            visit::visit_path(self, path);
        }

        fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}
    }

    impl Signatures<'_> {
        /// A private alias shows what it stands for.
        fn alias(&mut self, module: Names, name: String) {
            let house = self.house;
            let Some(ty) = house.modules[&module].aliases.get(&name) else { return };
            let this = (module.clone(), name);
            if self.open.contains(&this) {
                return;
            }
            self.open.push(this);
            let back = std::mem::replace(&mut self.module, module);
            self.visit_type(ty);
            self.module = back;
            self.open.pop();
        }
    }

    // ---- the whole

    /// `src/order/payment/mod.rs` is the module `order::payment`.
    fn module_of(file: &str) -> Names {
        let path = file.trim_start_matches("src/").trim_end_matches(".rs");
        let mut module: Names = path.split('/').map(str::to_owned).collect();
        if module.len() == 1 && module[0] == "lib" || module.last().is_some_and(|last| last == "mod") {
            module.pop();
        }
        module
    }

    /// All offences in a crate of these files (path from the package's root, content).
    fn offences(files: &[(String, String)], dependencies: &[String]) -> Vec<String> {
        let hidden = dependencies.iter().filter(|name| !SHOWN.contains(&name.as_str())).cloned().collect();
        let root = BTreeMap::from([(Names::new(), Scope::default())]);
        let mut house = House { modules: root, hidden, offences: Vec::new() };
        let mut parsed = Vec::new();
        for (file, content) in files {
            let syntax = syn::parse_file(content).unwrap_or_else(|e| panic!("{file}: {e}"));
            let module = module_of(file);
            house.declare(&module, &syntax.items);
            let inner = syntax.items.iter().filter_map(|item| match item {
                Item::Mod(inner) if module.is_empty() && !is_test(&inner.attrs) => {
                    Some(inner.ident.to_string())
                }
                _ => None,
            });
            let rooms: BTreeSet<String> = module.first().cloned().into_iter().chain(inner).collect();
            for room in rooms.iter().filter(|room| may_use(room).is_none()) {
                house.offences.push(format!("{file}: `{room}` is no room of the house"));
            }
            parsed.push((file, module, syntax));
        }
        let mut all = std::mem::take(&mut house.offences);
        for (file, module, syntax) in &parsed {
            let mut edges = Edges { house: &house, file, module: module.clone(), offences: Vec::new() };
            edges.visit_file(syntax);
            all.append(&mut edges.offences);
            let meets_others = |room: &String| MEETS_OTHERS.contains(&room.as_str());
            let is_test = module.last().is_some_and(|name| name == "tests");
            if !is_test && !module.first().is_some_and(meets_others) {
                let (open, offences) = (Vec::new(), Vec::new());
                let module = module.clone();
                let mut signatures =
                    Signatures { house: &house, file, module, item: String::new(), open, offences };
                signatures.items(&syntax.items);
                all.append(&mut signatures.offences);
            }
        }
        all
    }

    /// Names of `[dependencies]` as the source spells them.
    fn dependencies(manifest: &str) -> Vec<String> {
        let (mut names, mut inside) = (Vec::new(), false);
        for line in manifest.lines().map(str::trim) {
            if let Some(section) = line.strip_prefix('[') {
                let section = section.trim_end_matches(']');
                inside = section == "dependencies" || section.ends_with(".dependencies");
                names.extend(section.strip_prefix("dependencies.").map(|name| name.replace('-', "_")));
            } else if let Some((name, _)) = line.split_once('=').filter(|_| inside && !line.starts_with('#'))
            {
                names.push(name.trim().split('.').next().unwrap_or_default().replace('-', "_"));
            }
        }
        names
    }

    fn sources(dir: &Path, files: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(dir).expect("src can be read") {
            let path = entry.expect("src can be read").path();
            if path.is_dir() {
                sources(&path, files);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).expect("below the package");
                let name = name.to_str().expect("a name in UTF-8").replace('\\', "/");
                files.push((name, fs::read_to_string(&path).expect("source in UTF-8")));
            }
        }
    }

    #[test]
    fn the_house_is_in_order() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let manifest = fs::read_to_string(root.join("Cargo.toml")).expect("the manifest can be read");
        let mut files = Vec::new();
        sources(&root.join("src"), &mut files);
        files.sort();
        let found = offences(&files, &dependencies(&manifest));
        assert!(found.is_empty(), "{} offences:\n{}", found.len(), found.join("\n"));
    }

    #[test]
    fn dependencies_are_read_from_the_manifest() {
        let manifest = "[dependencies]\nserde = \"1\"\niso-currency = { version = \"0.7\" }\njiff.version = \"1\"\n\
                        # old = \"1\"\n[dependencies.smallvec]\nversion = \"1\"\n[dev-dependencies]\ncsv = \"1\"\n";
        assert_eq!(dependencies(manifest), ["serde", "iso_currency", "jiff", "smallvec"]);
    }

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<_> =
            files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        let dependencies = ["serde", "chrono", "rust_decimal", "uuid", "jiff", "smallvec", "iso_currency"];
        offences(&files, &dependencies.map(str::to_owned))
    }

    #[track_caller]
    fn caught(files: &[(&str, &str)], what: &str) {
        let found = found(files);
        let all = found.iter().all(|offence| offence.contains(what));
        assert!(all && !found.is_empty(), "{files:?}\nwanted `{what}`, found {found:#?}");
    }

    #[test]
    fn an_edge_that_is_not_in_the_table_is_caught() {
        for source in [
            "use crate::order::Order;",
            "use crate::order;",
            "use crate::{id::Sku, order::{self, Order as O}};",
            "fn f() { use crate::order::*; }",
            "fn f(o: &crate::order::Order) {}",
            "fn f() -> u8 { crate::order::count() }",
            "mod inner { use super::super::order::Order; }",
            "mod inner { fn f() { super::super::order::count() } }",
            "impl From<u8> for X { fn from(_: u8) -> X { <crate::order::Order as Into<X>>::into(o) } }",
            "fn f() { assert!(crate::order::count() == 1) }",
            "macro_rules! m { () => { $crate::order::count() } }",
            "macro_rules! m { () => { use crate::{order::Order}; } }",
            "struct S { #[serde(with = \"crate::order::text\")] at: u8 }",
            "#[cfg(test)] mod tests { use crate::order::Order; }",
            "pub use super::order::Order;",
            "use self::super::order::Order;",
        ] {
            caught(&[("src/geo/mod.rs", source)], "`geo` may not use `order`");
        }
        caught(&[("src/geo/shape.rs", "use super::super::order::Order;")], "`geo` may not use `order`");
        caught(&[("src/geo/shape.rs", "fn f() { super::super::money::up() }")], "`geo` may not use `money`");
        caught(&[("src/money.rs", "use super::id::Sku;")], "`money` may not use `id`");
        caught(&[("src/order/decide.rs", "use crate::promotion::Book;")], "`order` may not use `promotion`");
        caught(&[("src/order/decide.rs", "use crate::checkout::Quote;")], "`order` may not use `checkout`");
        caught(&[("src/checkout.rs", "use crate::workflow::step;")], "`checkout` may not use `workflow`");
        caught(&[("src/reservation/mod.rs", "use crate::geo::Address;")], "`reservation` may not use `geo`");
    }

    #[test]
    fn an_edge_through_a_name_at_the_root_is_caught() {
        let root = (
            "src/lib.rs",
            "pub mod money; pub mod order;\npub use crate::order::Order; pub use money::Money;",
        );
        caught(&[root, ("src/geo.rs", "use crate::Order;")], "`geo` may not use `order`");
        caught(&[root, ("src/geo.rs", "fn f(m: crate::Money) {}")], "`geo` may not use `money`");
        caught(&[root, ("src/geo.rs", "use crate::Parcel;")], "leads to no room");
        for source in ["use crate::*;", "use super::*;", "use crate as c;", "use super::{self as up};"] {
            caught(&[root, ("src/geo.rs", source)], "names the root as a whole");
        }
    }

    #[test]
    fn a_foreign_type_in_a_public_signature_is_caught() {
        for source in [
            "pub fn f(z: jiff::Zoned) {}",
            "pub fn f(z: ::jiff::Zoned) {}",
            "pub fn f() -> Option<Vec<jiff::Zoned>> { None }",
            "pub fn f(z: impl Fn(&jiff::Zoned) -> u8) {}",
            "pub fn f<T>(t: T) where T: Into<jiff::Zoned> {}",
            "use jiff::Zoned; pub fn f(z: &Zoned) {}",
            "use jiff::civil as c; pub fn f(z: c::Date) {}",
            "use jiff::civil; use civil::Date as D; pub fn f(z: D) {}",
            "pub struct S { pub z: jiff::Zoned, w: u8 }",
            "pub struct S(pub jiff::Zoned);",
            "pub struct S<T: Into<jiff::Zoned>>(T);",
            "pub enum E { A, B(jiff::Zoned) }",
            "pub enum E { A { z: Box<dyn AsRef<jiff::Zoned>> } }",
            "pub union U { pub z: jiff::Zoned }",
            "pub trait T { fn f(&self, z: jiff::Zoned); }",
            "pub trait T: AsRef<jiff::Zoned> {}",
            "pub trait T { type Z: Into<jiff::Zoned>; }",
            "pub type Z = jiff::Zoned;",
            "pub const Z: jiff::Span = X;",
            "pub static Z: &[jiff::Span] = X;",
            "type Z = Vec<jiff::Zoned>; pub fn f(z: Z) {}",
            "mod zone { pub(super) type Z = jiff::Zoned; } pub struct S { pub z: zone::Z }",
            "pub struct S; impl S { pub fn f(&self) -> jiff::Zoned { x } }",
            "pub struct S; impl S { pub const Z: jiff::Span = X; }",
            "pub struct S; impl From<jiff::Zoned> for S { fn from(z: jiff::Zoned) -> S { S } }",
            "pub struct S; impl Iterator for S { type Item = jiff::Zoned; }",
            "pub struct S; impl From<S> for jiff::Zoned { fn from(s: S) -> Self { x } }",
            "pub mod inner { use jiff::Zoned; pub fn f(z: Zoned) {} }",
            "pub use jiff::Zoned;",
            "pub use jiff;",
            "use jiff::civil::*;",
            "pub extern crate jiff;",
        ] {
            caught(&[("src/calendar.rs", source)], "shows a type of `jiff`");
        }
        caught(&[("src/order/mod.rs", "pub struct D { pub e: smallvec::SmallVec<[u8; 4]> }")], "`smallvec`");
        caught(&[("src/money.rs", "pub fn of(c: iso_currency::Currency) {}")], "`iso_currency`");
        let tour = ("src/calendar/mod.rs", "mod zone; use jiff::Zoned;");
        caught(&[tour, ("src/calendar/zone.rs", "pub fn f(z: super::Zoned) {}")], "`jiff`");
        caught(&[tour, ("src/calendar/zone.rs", "use super::*; pub fn f(z: Zoned) {}")], "`jiff`");
    }

    #[test]
    fn an_unknown_room_is_caught() {
        caught(&[("src/util.rs", "")], "`util` is no room");
        caught(&[("src/common/text.rs", "")], "`common` is no room");
        caught(&[("src/lib.rs", "mod helpers { }")], "`helpers` is no room");
    }

    #[test]
    fn what_is_allowed_stays_quiet() {
        let root = ("src/lib.rs", "pub mod id; pub mod order; pub use crate::{id::Sku, order::Order};");
        for (file, source) in [
            ("src/geo/mod.rs", "use crate::{Sku, id::OrderId}; mod shape; pub use self::shape::Shape;"),
            (
                "src/geo/mod.rs",
                "#[cfg(test)] mod tests { use super::*; use jiff::Zoned; pub fn f(z: Zoned) {} }",
            ),
            ("src/geo/mod.rs", "pub(crate) fn f(z: jiff::Zoned) {} fn g(z: jiff::Zoned) {}"),
            ("src/geo/mod.rs", "pub fn f() -> u8 { jiff::Zoned::now(); smallvec::smallvec![1, 2]; 1 }"),
            (
                "src/geo/mod.rs",
                "pub struct S { zone: jiff::Zoned } impl S { fn z(&self) -> &jiff::Zoned { &self.zone } }",
            ),
            (
                "src/geo/mod.rs",
                "struct S; impl From<jiff::Zoned> for S { fn from(z: jiff::Zoned) -> S { S } }",
            ),
            (
                "src/geo/mod.rs",
                "pub fn f(d: chrono::DateTime<chrono::Utc>, m: rust_decimal::Decimal, u: uuid::Uuid) {}",
            ),
            (
                "src/geo/mod.rs",
                "use std::fmt; pub struct S; impl fmt::Display for S {} impl serde::Serialize for S {}",
            ),
            (
                "src/geo/mod.rs",
                "pub struct Zoned; pub fn f(z: Zoned) {} /// see [`crate::order`]\npub fn g() {}",
            ),
            ("src/geo/mod.rs", "type A = Vec<B>; type B = Box<A>; pub fn f(a: A) {}"),
            (
                "src/order/decide.rs",
                "use super::payment::Tender; use crate::{decision::Decision, geo, money, calendar};",
            ),
            ("src/order/payment/mod.rs", "use super::super::id::Sku; use super::Order;"),
            (
                "src/workflow/mod.rs",
                "use crate::{checkout, insight, order, promotion, reservation, tracking};",
            ),
            ("src/testkit/mod.rs", "use crate::workflow::Journal; pub fn f(z: jiff::Zoned) {}"),
            ("src/schema.rs", "pub fn f(z: jiff::Zoned) {}"),
        ] {
            assert_eq!(found(&[root, (file, source)]), [""; 0], "{file}: {source}");
        }
    }
}
