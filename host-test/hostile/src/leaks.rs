//! Handles that are never given back, and texts that share one piece of memory.

use std::mem::forget;

use wasip2::clocks::monotonic_clock;
use wasip2::http::types::{Fields, OutgoingRequest, RequestOptions};

use crate::bindings::exports::saas::connector::session;
use crate::bindings::saas::connector::types::Violation;
use crate::exports::Opened;
use crate::requests;

/// Takes handles of one kind for ever.
pub(crate) fn forget_one(kind: &str) {
    match kind {
        "fields" => forget(Fields::new()),
        "options" => forget(RequestOptions::new()),
        "timers" => forget(monotonic_clock::subscribe_duration(u64::MAX)),
        "requests" => forget(OutgoingRequest::new(Fields::new())),
        "bodies" => {
            let request = OutgoingRequest::new(Fields::new());
            forget(request.body());
            forget(request);
        }
        "answers" => forget(requests::begin("/")),
        _ => forget(session::Connection::new(Opened::holding(String::new()))),
    }
}

/// Takes handles of one kind for ever: `fields`, `options`, `timers`,
/// `requests`, `bodies`, `answers`, or its own.
pub(crate) fn forget_all(kind: &str) -> ! {
    loop {
        forget_one(kind);
    }
}

/// So many failures whose texts are all the same MiB: little here, as many MiB
/// for whoever copies them.
#[allow(unsafe_code)]
pub(crate) fn aliases(count: usize) -> Vec<Violation> {
    const SIZE: usize = 1 << 20;
    let shared = Box::leak(vec![b'x'; SIZE].into_boxed_slice()).as_mut_ptr();
    // SAFETY: none, and none is meant: the host is to refuse the list before
    // anything gives the same memory back twice. It is the guest's own memory.
    let text = || unsafe { String::from_raw_parts(shared, SIZE, SIZE) };
    (0..count).map(|_| Violation { argument: String::new(), message: text() }).collect()
}
