//! One state: JSON of format version 4, as Terraform and OpenTofu write it.
//!
//! Rule: what is wrong is told by place, never by what stands there: it may be a
//! secret.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::address::address;

/// The only format that is read.
const VERSION: &str = "4";

#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    version: Option<&'a RawValue>,
    terraform_version: Option<Value>,
    serial: Option<Value>,
    lineage: Option<Value>,
    #[serde(borrow)]
    resources: Option<&'a RawValue>,
    #[serde(borrow)]
    encrypted_data: Option<&'a RawValue>,
    #[serde(borrow)]
    format_version: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Listed<'a> {
    mode: String,
    #[serde(rename = "type")]
    of: String,
    name: String,
    module: Option<String>,
    #[serde(borrow)]
    instances: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Instance<'a> {
    index_key: Option<Value>,
    deposed: Option<String>,
    attributes: Option<Map<String, Value>>,
    #[serde(borrow)]
    attributes_flat: Option<&'a RawValue>,
    sensitive_attributes: Option<Value>,
}

/// What a state says of itself, and what it holds.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub(super) terraform: Option<String>,
    pub(super) serial: Option<u64>,
    pub(super) lineage: Option<String>,
    pub(super) instances: Vec<Found>,
    /// Addresses of objects that the next apply destroys.
    pub(super) deposed: Vec<String>,
    /// Instances of other providers' types.
    pub(super) others: u64,
    /// Instances that only read (`data`).
    pub(super) data: u64,
}

/// An instance of a resource.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) of: String,
    pub(super) address: String,
    pub(super) attributes: Map<String, Value>,
    pub(super) sensitive: Sensitive,
    /// Why its attributes cannot be read.
    pub(super) unreadable: Option<String>,
}

/// Which attributes a state calls sensitive.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Sensitive {
    /// What stands at these dotted paths, indexes left out, and below.
    At(BTreeSet<String>),
    /// What is said of it cannot be read: all of them.
    All,
}

/// Why bytes are no state that can be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// What it is instead, or where it goes wrong.
    NotAState(String),
    /// It is one of this version.
    Version(String),
    /// It is encrypted by OpenTofu.
    Encrypted,
}

/// Reads a state; `ours` tells the types that count.
pub(super) fn read(bytes: &[u8], ours: &dyn Fn(&str) -> bool) -> Result<Document, Wrong> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Wrong::NotAState("it is empty".to_owned()));
    }
    let head: Head<'_> = serde_json::from_slice(bytes).map_err(|error| Wrong::NotAState(place(&error)))?;
    if head.encrypted_data.is_some() {
        return Err(Wrong::Encrypted);
    }
    let Some(version) = head.version else {
        let what = match head.format_version {
            Some(_) => "it is what `terraform show -json` writes; `terraform state pull` writes the state",
            None => "it has no `version`",
        };
        return Err(Wrong::NotAState(what.to_owned()));
    };
    if version.get() != VERSION {
        let number = version.get().parse::<u64>();
        return Err(number.map_or_else(
            |_| Wrong::NotAState("its `version` is no number".to_owned()),
            |number| Wrong::Version(number.to_string()),
        ));
    }
    let text = |value: Option<Value>| value.as_ref().and_then(Value::as_str).map(str::to_owned);
    let mut document = Document {
        terraform: text(head.terraform_version),
        serial: head.serial.as_ref().and_then(Value::as_u64),
        lineage: text(head.lineage).filter(|lineage| !lineage.is_empty()),
        ..Document::default()
    };
    let Some(resources) = head.resources else {
        return Err(Wrong::NotAState("it has no `resources`".to_owned()));
    };
    let resources: Vec<&RawValue> =
        serde_json::from_str(resources.get()).map_err(|_| Wrong::NotAState("`resources` is no list".to_owned()))?;
    for (number, resource) in resources.into_iter().enumerate() {
        let wrong = |what: &str| Wrong::NotAState(format!("resources[{number}]{what} is not as Terraform writes it"));
        let listed: Listed<'_> = serde_json::from_str(resource.get()).map_err(|_| wrong(""))?;
        let count = listed.instances.len() as u64;
        match listed.mode.as_str() {
            "managed" if ours(&listed.of) => {}
            "managed" => {
                document.others += count;
                continue;
            }
            _ => {
                document.data += count;
                continue;
            }
        }
        for (at, instance) in listed.instances.iter().enumerate() {
            let instance: Instance<'_> =
                serde_json::from_str(instance.get()).map_err(|_| wrong(&format!(".instances[{at}]")))?;
            let address = address(listed.module.as_deref(), &listed.of, &listed.name, instance.index_key.as_ref());
            if instance.deposed.is_some() {
                document.deposed.push(address);
                continue;
            }
            let unreadable = match (&instance.attributes, instance.attributes_flat) {
                (Some(_), _) => None,
                (None, Some(_)) => Some("an old Terraform wrote it; `terraform apply -refresh-only` writes it anew"),
                (None, None) => Some("the state holds no attributes of it"),
            };
            document.instances.push(Found {
                of: listed.of.clone(),
                address,
                attributes: instance.attributes.unwrap_or_default(),
                sensitive: sensitive(instance.sensitive_attributes.as_ref()),
                unreadable: unreadable.map(str::to_owned),
            });
        }
    }
    Ok(document)
}

/// Where JSON goes wrong.
fn place(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        serde_json::error::Category::Data => "it is not as Terraform writes it",
        serde_json::error::Category::Eof => "it breaks off",
        serde_json::error::Category::Syntax | serde_json::error::Category::Io => "it is no JSON",
    };
    format!("{what} (line {}, column {})", error.line(), error.column())
}

/// Reads `sensitive_attributes`: a list of paths, each a list of steps.
fn sensitive(given: Option<&Value>) -> Sensitive {
    let paths = match given {
        None | Some(Value::Null) => return Sensitive::At(BTreeSet::new()),
        Some(Value::Array(paths)) => paths,
        Some(_) => return Sensitive::All,
    };
    let read = |path: &Value| -> Option<String> {
        let mut names = Vec::new();
        for step in path.as_array()? {
            match (step["type"].as_str()?, &step["value"]) {
                ("get_attr", Value::String(name)) => names.push(name.as_str()),
                // Whichever item it is: all of them.
                ("index", _) => {}
                _ => return None,
            }
        }
        (!names.is_empty()).then(|| names.join("."))
    };
    paths.iter().map(read).collect::<Option<BTreeSet<String>>>().map_or(Sensitive::All, Sensitive::At)
}
