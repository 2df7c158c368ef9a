//! Prints what the connector reads in tables: a line a field, and of a field
//! only what differs from a plain one. `catalogs.rs` compiles it beside
//! `src/catalog.rs` and the tables.

#![allow(dead_code, unused_imports)]

mod catalog;

fn main() {
    println!("{:?}", catalog::HOSTS);
    println!("{:?}", catalog::CHECK);
    for entity in catalog::tables::entities() {
        println!("\n{}", spread(&format!("{entity:?}")));
    }
    for operation in catalog::OPERATIONS {
        println!("\n{}", spread(&format!("{operation:?}")));
    }
    println!("\n{:?}", catalog::CHANGES);
    for setting in catalog::settings() {
        println!("\n{setting:?}");
    }
    for kind in catalog::kinds() {
        println!("\n{kind:?}");
    }
    println!("\n{:?}", catalog::PROVIDER);
    for resource in catalog::resources() {
        println!("\n{}", format!("{resource:?}").replace("Line { ", "\n    Line { "));
    }
    println!("\n{:?}", catalog::unmade().collect::<Vec<_>>());
}

fn spread(text: &str) -> String {
    let plain = [
        "place: Body, ",
        "required: false, ",
        "nullable: false, ",
        "read_only: false, ",
        "write_only: false, ",
        "secret: false, ",
        "constant: None, ",
        "list_style: Brackets, ",
        "paging: No, ",
        "of: Text { min: 0, max: 4294967295 }, ",
        ", note: \"\"",
    ];
    let text = text.replace("[Field { ", "[\n    Field { ").replace(", Field { ", ",\n    Field { ").replace("}], ", "},\n], ");
    plain.iter().fold(text, |text, plain| text.replace(plain, ""))
}
