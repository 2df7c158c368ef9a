//! One operation for several sets of arguments, some of them under way at once.
//!
//! Rule: answers come in the order of the arguments, and no more requests are
//! on their way than a walk has ahead. One that failed on its way is asked again
//! in its turn.

use std::collections::VecDeque;
use std::time::Duration;

use super::{Begun, Client, Clock, Transport, bucket};
use crate::arguments::Arguments;
use crate::catalog::Operation;
use crate::connection::Which;
use crate::error::Result;
use crate::request;
use crate::response::{self, Success};

/// A request on its way, and the credential it went with.
type Ahead<P> = (Option<Which>, Option<Begun<P>>);

impl<S: Transport + Clock> Client<S> {
    /// Calls `operation`, which only reads and is no feed, once for each of
    /// `arguments` and hands each answer on, until `each` says that it has
    /// enough. `budget` is what all of them may spend waiting together.
    pub(crate) fn several(
        &self,
        operation: &'static Operation,
        arguments: &[Arguments],
        budget: &mut Duration,
        each: &mut dyn FnMut(usize, Result<Success>) -> Result<bool>,
    ) -> Result<()> {
        self.connection.allow(operation)?;
        let mut keys = self.connection.keys(operation);
        let mut ahead: VecDeque<Ahead<S::Pending>> = VecDeque::new();
        for (number, one) in arguments.iter().enumerate() {
            // The first is asked alone: it tells whether the others may be.
            if number > 0 {
                self.fill(operation, arguments.get(number..).unwrap_or_default(), keys.0, &mut ahead);
            }
            let begun = match ahead.pop_front() {
                Some((key, begun)) if key == keys.0 => begun,
                Some(_) | None => None,
            };
            let answer = self.exchange(operation, one, &[], &mut keys, budget, begun);
            let success = answer.and_then(|(response, _)| response::value(operation, &response));
            if !each(number, success)? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Sends for the first of `waiting` as far as the settings and the rate limit
    /// allow. `ahead` are the first of them that are on their way.
    fn fill(
        &self,
        operation: &'static Operation,
        waiting: &[Arguments],
        key: Option<Which>,
        ahead: &mut VecDeque<Ahead<S::Pending>>,
    ) {
        let most = self.connection.ahead as usize;
        let bucket = bucket(operation, key);
        let authorization = key.map(|which| self.connection.authorization(which));
        for one in waiting.iter().take(most).skip(ahead.len()) {
            let (now, reserve) = (self.system.now_ms(), self.connection.rate_reserve);
            if self.rates.borrow().room(&bucket, now, reserve, 1) == 0 {
                return;
            }
            let Ok(request) = request::build(operation, one, &[], &self.connection) else { return };
            ahead.push_back((key, Some(self.begin(&bucket, &request, authorization.as_deref()))));
        }
    }
}
