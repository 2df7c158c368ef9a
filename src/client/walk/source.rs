//! What a walk reads and where it stands in it.
//!
//! Rule: pure.

use serde_json::Value;

use super::{paging, unpaged};
use crate::arguments::Arguments;
use crate::catalog::{Answer, Operation};
use crate::connection::{Connection, Which};
use crate::error::Result;
use crate::paging::Position;
use crate::windows::Cuts;

/// A list and how it is asked for.
pub(super) struct Source {
    pub(super) operation: &'static Operation,
    pub(super) key: &'static str,
    pub(super) arguments: Arguments,
    /// Tried in this order; what worked goes with the pages that follow.
    pub(super) keys: (Option<Which>, Option<Which>),
    /// Records never change places in it.
    pub(super) fixed: bool,
}

/// Where a page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) windows: Option<Cuts>,
    pub(super) position: Position,
}

impl Source {
    pub(super) fn new(operation: &'static Operation, arguments: Arguments, connection: &Connection) -> Result<Source> {
        let Answer::Items { key, .. } = &operation.answer else { return Err(unpaged(operation.id)) };
        let fixed = paging::is_fixed(operation, &arguments);
        Ok(Source { operation, key, keys: connection.keys(operation), fixed, arguments })
    }

    /// Where its list begins.
    pub(super) fn start(&self, now: i64) -> Result<Place> {
        let position = paging::start(self.operation).ok_or_else(|| unpaged(self.operation.id))?;
        let windows = self.operation.windows.as_ref();
        Ok(Place { windows: windows.and_then(|spec| Cuts::needed(spec, &self.arguments, now)), position })
    }

    pub(super) fn fits(&self, place: &Place) -> bool {
        let windows = match (&place.windows, &self.operation.windows) {
            (None, _) => true,
            (Some(cuts), Some(spec)) => cuts.fits(spec),
            (Some(_), None) => false,
        };
        windows && paging::fits(self.operation.pages, &place.position)
    }

    /// Values of a page, with those of the window it is in.
    pub(super) fn values(&self, place: &Place, page: Vec<(&'static str, Value)>) -> Vec<(&'static str, Value)> {
        let mut values = page;
        if let (Some(cuts), Some(spec)) = (&place.windows, &self.operation.windows) {
            values.extend(cuts.values(spec, &self.arguments));
        }
        values
    }
}
