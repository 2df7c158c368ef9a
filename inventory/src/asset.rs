//! What a scan brings: kinds, assets, relations, and what had to be left out.
//! The same records as `inventory` of `wit/connector.wit`, with what the kind's
//! `extra` says as fields.
//!
//! Rule: no I/O, and nothing here changes what the provider said.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A kind of asset, such as services.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Kind {
    /// Stable name, such as `service`.
    pub id: String,
    /// Name for people, in the plural, such as `Services`.
    pub title: String,
    /// What Terraform calls it, where its provider knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terraform_type: Option<String>,
    /// What else is known of it: `extra` of the contract's record.
    #[serde(default)]
    pub extra: KindFacts,
}

/// `extra` of a kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct KindFacts {
    /// JSON Schema (2020-12) of the attributes.
    pub schema: Value,
    /// Where secrets stand in the attributes: dotted paths, `*` for every item
    /// of a list or every key of an object (`integrations.*.integration_key`).
    /// What stands there, an object or a list too, is secret as a whole.
    pub secrets: Vec<String>,
    /// Where that stands which changes by itself, such as who is on call next:
    /// paths as in `secrets`. It makes no version; the store has it as it was
    /// last seen.
    pub volatile: Vec<String>,
    /// It tells of persons (users, contact methods): can be left out of a scan.
    pub personal: bool,
    /// A scan sees some of them only (incidents that are open or changed in the
    /// last days): one that is not seen again is not gone.
    pub windowed: bool,
    /// Part of a scan that names no kinds.
    pub default: bool,
    /// The relations that its assets can have.
    pub relations: Vec<RelationFacts>,
}

impl Default for KindFacts {
    fn default() -> Self {
        Self {
            schema: Value::Object(Map::new()),
            secrets: Vec::new(),
            volatile: Vec::new(),
            personal: false,
            windowed: false,
            default: true,
            relations: Vec::new(),
        }
    }
}

/// A relation that assets of a kind can have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelationFacts {
    /// What the edge means, such as `escalates-to`.
    pub name: String,
    /// Kinds of the other asset.
    pub kinds: Vec<String>,
}

/// One thing that exists in the account.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Asset {
    /// Id of its kind.
    pub kind: String,
    /// Stable and unique within its kind.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Where a person finds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What the provider says of it.
    pub attributes: Map<String, Value>,
    /// What it points to.
    #[serde(default)]
    pub relations: Vec<Relation>,
}

/// An edge from one asset to another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Relation {
    /// What the edge means, such as `escalates-to`.
    pub name: String,
    /// Kind of the other asset.
    pub kind: String,
    /// Id of the other asset.
    pub id: String,
}

/// What one step of a scan found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Slice {
    /// In no particular order; one id comes once in a scan.
    pub assets: Vec<Asset>,
    /// Give it back for the next step; none when the scan is complete.
    pub next: Option<String>,
    /// What this step had to leave out.
    #[serde(default)]
    pub skipped: Vec<Skipped>,
}

/// A kind that the plan or the scopes do not allow, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Id of the kind.
    pub kind: String,
    /// The contract's word: `forbidden`, `unlicensed`, `missing`, …
    pub reason: String,
    /// One sentence for a person.
    pub message: String,
}
