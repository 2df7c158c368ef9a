//! One account, opened. A connection is one instance and runs one call at a
//! time, which `&mut self` says. A call that is dropped in the middle, that
//! traps or that goes over a limit takes the instance with it: the connection
//! then answers [`Error::Closed`].

use tracing::{Instrument, Span, debug_span};
use wasmtime::component::ResourceAny;

use crate::body::Direction;
use crate::bounded::bounded;
use crate::connector::Instance;
use crate::contract::{Choices, Detail, Output, Page, Rate, Slice};
use crate::error::{Error, Limit};
use crate::host::Host;
use crate::settle::{settle, sound_cursor, sound_error};
use crate::shared::{self, Member, UnderWay};

/// One account, opened with one set of credentials.
pub struct Connection {
    host: Host,
    /// Shares what is learned of rate limits.
    member: Member,
    /// None once the instance is gone.
    live: Option<Live>,
}

struct Live {
    instance: Instance,
    connection: ResourceAny,
    /// Walks that were let go; the guest is told before its next call.
    finished: Vec<ResourceAny>,
    /// Goes with the instance when a call is dropped.
    under_way: Option<UnderWay>,
}

/// Runs one function of the guest's `session` interface on a live instance, and
/// puts the instance back unless it broke. `$rate` finds in the answer what it
/// tells of the rate limit.
macro_rules! call {
    ($self:ident, $span:expr, $rate:expr, |$live:ident, $session:ident| $call:expr) => {{
        let mut live = $self.begin().await?;
        let answer = {
            let $live = &mut live;
            let $session = $live.instance.guest.saas_connector_session();
            bounded(&$self.host.options().limits, $call).instrument($span).await
        };
        $self.end(live, answer, $rate)
    }};
}

impl Connection {
    pub(crate) async fn open(
        host: Host,
        mut instance: Instance,
        member: Member,
        (method, credentials, settings): (&str, &[(String, String)], &String),
    ) -> Result<Self, Error> {
        let guest = instance.guest.saas_connector_session().connection();
        let opening = guest.call_open(&mut instance.store, method, credentials, settings);
        let answer = bounded(&host.options().limits, opening).await;
        let connection = settle(&host.options().limits, answer)?;
        let connection = match connection {
            Ok(connection) => connection,
            Err(error) => {
                let placeholders = &instance.store.data().outgoing.placeholders;
                return Err(placeholders.clean_error(sound_error(error)?).into());
            }
        };
        let live = Live { instance, connection, finished: Vec::new(), under_way: None };
        Ok(Connection { host, member, live: Some(live) })
    }

    /// Proves that the credentials work: whose they are, which kind of key,
    /// what they may do. A JSON object.
    ///
    /// # Errors
    /// As for every call: [`Error::Connector`] says what the connector or the
    /// provider refused, [`Error::Trap`] and [`Error::Limit`] close the
    /// connection, [`Error::Closed`] follows them.
    pub async fn check(&mut self) -> Result<String, Error> {
        call!(self, span("check", ""), |_| None, |live, session| session
            .connection()
            .call_check(&mut live.instance.store, live.connection))
    }

    /// One operation in full, with what this account adds to it.
    ///
    /// # Errors
    /// See [`Connection::check`].
    pub async fn describe(&mut self, operation: &str, arguments: &str) -> Result<Detail, Error> {
        let arguments = arguments.to_owned();
        call!(self, span("describe", operation), |_| None, |live, session| session.connection().call_describe(
            &mut live.instance.store,
            live.connection,
            operation,
            &arguments
        ))
    }

    /// Runs one operation once. `arguments` is a JSON object.
    ///
    /// # Errors
    /// See [`Connection::check`].
    pub async fn call(&mut self, operation: &str, arguments: &str) -> Result<Output, Error> {
        let arguments = arguments.to_owned();
        let told = |output: &Output| output.rate.clone();
        let mut output = call!(self, span("call", operation), told, |live, session| session.connection().call_call(
            &mut live.instance.store,
            live.connection,
            operation,
            &arguments
        ))?;
        if let Some(live) = &self.live {
            live.instance.store.data().outgoing.placeholders.clean_violations(&mut output.failures);
        }
        Ok(output)
    }

    /// Choices for one argument, given those filled in so far and what the user
    /// has typed; `start` is the `next` of an earlier answer.
    ///
    /// # Errors
    /// See [`Connection::check`].
    pub async fn options(
        &mut self,
        operation: &str,
        argument: &str,
        arguments: &str,
        search: &str,
        start: Option<&str>,
    ) -> Result<Choices, Error> {
        let (arguments, start) = (arguments.to_owned(), start.map(str::to_owned));
        let choices =
            call!(self, span("options", operation), |_| None, |live, session| session.connection().call_options(
                &mut live.instance.store,
                live.connection,
                operation,
                argument,
                &arguments,
                search,
                start.as_ref(),
            ))?;
        self.unless_broken(sound_cursor(choices.next.as_ref()))?;
        Ok(choices)
    }

    /// Walks a paged operation from its start, or from the `next` of a page of
    /// an earlier walk of the same operation, arguments and account. Sends
    /// nothing yet.
    ///
    /// # Errors
    /// See [`Connection::check`].
    pub async fn walk(&mut self, operation: &str, arguments: &str, start: Option<&str>) -> Result<Walk<'_>, Error> {
        let (arguments, start) = (arguments.to_owned(), start.map(str::to_owned));
        let pages = call!(self, span("walk", operation), |_| None, |live, session| session.connection().call_walk(
            &mut live.instance.store,
            live.connection,
            operation,
            &arguments,
            start.as_ref(),
        ))?;
        Ok(Walk { span: span("next", operation), connection: self, pages })
    }

    /// One step of a scan: some assets, and the cursor of the next step, which
    /// any connection to the account can take with the same kinds and settings.
    /// No kinds: all that a scan usually looks at. `settings` is a JSON object;
    /// `scan_settings` of the identity's `extra` is its schema.
    ///
    /// # Errors
    /// See [`Connection::check`]. A kind that is not allowed is no error: it is
    /// told in the slice.
    pub async fn scan(&mut self, kinds: &[String], settings: &str, start: Option<&str>) -> Result<Slice, Error> {
        let mut live = self.begin().await?;
        let (settings, start) = (settings.to_owned(), start.map(str::to_owned));
        let answer = {
            let guest = live.instance.guest.saas_connector_inventory();
            let scan = guest.call_scan(&mut live.instance.store, live.connection, kinds, &settings, start.as_ref());
            bounded(&self.host.options().limits, scan).instrument(span("scan", "")).await
        };
        let mut slice = self.end(live, answer, |_| None)?;
        self.unless_broken(sound_cursor(slice.next.as_ref()))?;
        for skipped in &mut slice.skipped {
            let why = sound_error(skipped.why.clone());
            let cleaned = why.map(|why| match &self.live {
                Some(live) => live.instance.store.data().outgoing.placeholders.clean_error(why),
                None => why,
            });
            skipped.why = cleaned.inspect_err(|_| self.live = None)?;
        }
        Ok(slice)
    }

    /// Whether `needle` stands anywhere in the connector's memory. Needs
    /// `HostOptions::inspect_memory`; without it the answer is always false.
    pub fn memory_contains(&mut self, needle: &[u8]) -> bool {
        let Some(live) = &mut self.live else {
            return false;
        };
        let store = &mut live.instance.store;
        let mut memories = Vec::new();
        for instance in store.debug_all_instances() {
            memories.extend((0..).map_while(|index| instance.debug_memory(&mut *store, index)));
        }
        let finder = memchr::memmem::Finder::new(needle);
        memories.iter().any(|memory| !needle.is_empty() && finder.find(memory.data(&*store)).is_some())
    }

    /// Memory that the connector holds, in bytes; 0 once the connection is closed.
    /// It never gets less: a connector cannot give memory back.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.live.as_ref().map_or(0, |live| live.instance.store.data().space.used())
    }

    /// Requests that the connector has begun on this connection; 0 once it is
    /// closed.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.live.as_ref().map_or(0, |live| {
            let outgoing = &live.instance.store.data().outgoing;
            outgoing.before + outgoing.begun
        })
    }

    /// Takes the instance out for a call. It comes back by [`Connection::end`];
    /// a call that is dropped in between drops it.
    async fn begin(&mut self) -> Result<Live, Error> {
        let mut live = self.live.take().ok_or(Error::Closed)?;
        while let Some(pages) = live.finished.pop() {
            let dropping = pages.resource_drop_async(&mut live.instance.store);
            let dropped = bounded(&self.host.options().limits, dropping).await;
            settle(&self.host.options().limits, dropped)?;
        }
        // What an earlier call left behind is not this one's.
        let outgoing = &mut live.instance.store.data_mut().outgoing;
        outgoing.overflow.take();
        outgoing.before += std::mem::take(&mut outgoing.begun);
        let (under_way, rates) = self.member.begin(self.host.now());
        if !rates.is_empty() {
            let guest = live.instance.guest.saas_connector_session().connection();
            let observing = guest.call_observe(&mut live.instance.store, live.connection, &rates);
            let observed = bounded(&self.host.options().limits, observing).await;
            settle(&self.host.options().limits, observed)?;
        }
        live.under_way = Some(under_way);
        Ok(live)
    }

    /// A connector that breaks the contract is of no more use.
    fn unless_broken(&mut self, sound: Result<(), Error>) -> Result<(), Error> {
        if sound.is_err() {
            self.live = None;
        }
        sound
    }

    fn end<T>(
        &mut self,
        mut live: Live,
        answer: Result<wasmtime::Result<Result<T, crate::contract::Error>>, Limit>,
        rate: impl FnOnce(&T) -> Option<Rate>,
    ) -> Result<T, Error> {
        let answer = match settle(&self.host.options().limits, answer)? {
            Ok(value) => Ok(value),
            Err(error) => Err(sound_error(error)?),
        };
        let told = match &answer {
            Ok(value) => rate(value),
            Err(error) => shared::rate(&error.extra),
        };
        if let Some(rate) = told {
            self.member.note(&rate, self.host.now());
        }
        live.under_way = None;
        let outgoing = &live.instance.store.data().outgoing;
        let (overflow, placeholders) = (outgoing.overflow.take(), outgoing.placeholders.clone());
        self.live = Some(live);
        let limits = &self.host.options().limits;
        answer.map_err(|error| match overflow {
            // The connector knows that a body failed, the host knows why.
            Some(Direction::Answer) => {
                let outcome_unknown = error.outcome_unknown;
                Error::Limit(Limit::AnswerBody { limit: limits.answer_body, outcome_unknown })
            }
            Some(Direction::Request) => Error::Limit(Limit::RequestBody(limits.request_body)),
            None => placeholders.clean_error(error).into(),
        })
    }
}

/// A walk under way.
pub struct Walk<'c> {
    connection: &'c mut Connection,
    pages: ResourceAny,
    span: Span,
}

impl Walk<'_> {
    /// The next page; none after the last. Unless the connection is closed, an
    /// error does not end the walk: calling again repeats the request.
    ///
    /// # Errors
    /// See [`Connection::check`].
    pub async fn next(&mut self) -> Result<Option<Page>, Error> {
        let (pages, span, connection) = (self.pages, self.span.clone(), &mut *self.connection);
        let told = |page: &Option<Page>| page.as_ref()?.rate.clone();
        let page =
            call!(connection, span, told, |live, session| session.pages().call_next(&mut live.instance.store, pages))?;
        self.connection.unless_broken(sound_cursor(page.as_ref().and_then(|page| page.next.as_ref())))?;
        Ok(page)
    }
}

impl Drop for Walk<'_> {
    fn drop(&mut self) {
        if let Some(live) = &mut self.connection.live {
            live.finished.push(self.pages);
        }
    }
}

fn span(call: &'static str, operation: &str) -> Span {
    debug_span!("connector", call, operation)
}
