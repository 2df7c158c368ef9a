//! What a walk reads and where it stands in it.
//!
//! Rule: pure.

use serde_json::Value;

use super::{paging, unpaged};
use crate::arguments::Arguments;
use crate::catalog::{Answer, Operation};
use crate::connection::{Connection, Which};
use crate::error::{Error, Result, Violation};
use crate::paging::Position;
use crate::windows::{self, Cuts};

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
        if windows.is_some_and(|spec| windows::begins_later(spec, &self.arguments, now)) {
            let problem = "lies in the future; give an earlier time, or check the clock of the host";
            let what = format!("arguments of {}", self.operation.id);
            return Err(Error::invalid(&what, vec![Violation::new("since", problem)]));
        }
        Ok(Place { windows: windows.and_then(|spec| Cuts::needed(spec, &self.arguments, now)), position })
    }

    pub(super) fn fits(&self, place: &Place, now: i64) -> bool {
        let windows = match (&place.windows, &self.operation.windows) {
            (None, _) => true,
            (Some(cuts), Some(spec)) => cuts.fits(spec, now),
            (Some(_), None) => false,
        };
        windows && paging::fits(self.operation.pages, &place.position)
    }

    /// Values of a page, with those of the window it is in.
    pub(super) fn values(
        &self,
        windows: Option<&Cuts>,
        page: Vec<(&'static str, Value)>,
    ) -> Vec<(&'static str, Value)> {
        let mut values = page;
        if let (Some(cuts), Some(spec)) = (windows, &self.operation.windows) {
            values.extend(cuts.values(spec, &self.arguments));
        }
        values
    }
}
