//! What the component is from outside: its imports, its exports, its words.

use wasmtime::component::Component;
use wasmtime::{Config, Engine};

/// The imports are held: a component that begins to ask for files, sockets or
/// more of the host's command line does not pass unseen.
#[test]
fn imports_and_exports_are_these_and_no_others() {
    let mut config = Config::new();
    config.wasm_component_model(true);
    let engine = Engine::new(&config).expect("an engine");
    let component = Component::from_file(&engine, host_test::component()).expect("a component");
    let of = component.component_type();
    let mut names: Vec<String> = of.imports(&engine).map(|(name, _)| format!("import {name}")).collect();
    names.extend(of.exports(&engine).map(|(name, _)| format!("export {name}")));
    names.sort();
    for forbidden in ["filesystem", "sockets", "random/random", "http/incoming"] {
        assert!(!names.iter().any(|name| name.contains(forbidden)), "{forbidden} in {names:#?}");
    }
    crate::snapshot::check("imports.txt", &(names.join("\n") + "\n"));
}

/// Every item of the contract carries a sentence.
#[test]
fn every_item_of_the_contract_is_described() {
    let wit = std::fs::read_to_string(host_test::root().join("wit/connector.wit")).expect("the contract");
    let mut previous = "";
    let mut items = 0;
    for (number, line) in wit.lines().map(str::trim).enumerate() {
        let item = !line.is_empty()
            && !["///", "use ", "}", "export ", "package ", "->"].iter().any(|start| line.starts_with(start))
            && !previous.ends_with('(');
        if item && !line.starts_with("package") {
            items += 1;
            // `record rate { a: b, c: d }` on one line would hide its fields.
            assert!(previous.starts_with("///"), "line {}: {line} has no sentence before it", number + 1);
            assert!(!(line.contains('{') && line.contains('}') && !line.starts_with("use")), "line {}", number + 1);
        }
        previous = line;
    }
    assert!(items > 100, "{items} items seen");
}
