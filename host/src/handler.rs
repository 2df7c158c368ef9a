//! Four functions of `wasi:http` in place of those of wasmtime-wasi-http 48.
//!
//! `handle` keeps the options of every request for ever there: here they are let
//! go with the request, so that a connection can hold few handles and send any
//! number of requests; and the requests of a call are counted. `set-method` and
//! `set-authority` keep texts of any length there, one of them would take as much
//! of the host's memory as the connector has: here they have an end.
//! `http-error-code` never knows why a body broke off
//! there, since it looks for another type than bodies fail with: here it tells
//! of the one that a connector must know, a body that was too large.

use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi_http::WasiHttpView;
use wasmtime_wasi_http::p2::bindings::http::outgoing_handler::Host as _;
use wasmtime_wasi_http::p2::bindings::http::types::{
    ErrorCode, FutureIncomingResponse, Host as _, HostOutgoingRequest as _, Method, OutgoingRequest, RequestOptions,
};

use crate::state::State;
use crate::transport::TransportError;

type IoError = wasmtime_wasi::p2::bindings::io::error::Error;

type Given = (Resource<OutgoingRequest>, Option<Resource<RequestOptions>>);

type Answer = Result<Resource<FutureIncomingResponse>, ErrorCode>;

/// A method, in bytes: the longest that is registered has 17.
const METHOD: usize = 32;

/// An authority, in bytes: a name of 253, a port, and room to tell what else is
/// wrong with it.
const AUTHORITY: usize = 300;

/// Links them; goes after wasmtime's own `wasi:http/types`.
pub(crate) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    linker.instance("wasi:http/outgoing-handler@0.2.0")?.func_wrap("handle", handle)?;
    linker.allow_shadowing(true);
    // The version that wasmtime links; it serves any 0.2.
    let mut types = linker.instance("wasi:http/types@0.2.12")?;
    types.func_wrap("http-error-code", error_code)?;
    types.func_wrap("[method]outgoing-request.set-method", set_method)?;
    types.func_wrap("[method]outgoing-request.set-authority", set_authority)?;
    linker.allow_shadowing(false);
    Ok(())
}

fn error_code(
    mut store: StoreContextMut<'_, State>,
    (error,): (Resource<IoError>,),
) -> wasmtime::Result<(Option<ErrorCode>,)> {
    let error = store.data_mut().http().table.get(&error)?;
    Ok((match error.downcast_ref::<TransportError>() {
        Some(TransportError::HttpResponseBodySize(size)) => Some(ErrorCode::HttpResponseBodySize(*size)),
        Some(_) | None => None,
    },))
}

type Set = Result<(), ()>;

fn set_method(
    mut store: StoreContextMut<'_, State>,
    (request, method): (Resource<OutgoingRequest>, Method),
) -> wasmtime::Result<(Set,)> {
    match &method {
        Method::Other(name) if name.len() > METHOD => Ok((Err(()),)),
        _ => Ok((store.data_mut().http().set_method(request, method)?,)),
    }
}

fn set_authority(
    mut store: StoreContextMut<'_, State>,
    (request, authority): (Resource<OutgoingRequest>, Option<String>),
) -> wasmtime::Result<(Set,)> {
    match &authority {
        Some(name) if name.len() > AUTHORITY => Ok((Err(()),)),
        _ => Ok((store.data_mut().http().set_authority(request, authority)?,)),
    }
}

fn handle(mut store: StoreContextMut<'_, State>, (request, options): Given) -> wasmtime::Result<(Answer,)> {
    store.data_mut().outgoing.count()?;
    let mut http = store.data_mut().http();
    let used = options.as_ref().map(|options| Resource::<RequestOptions>::new_own(options.rep()));
    let answer = http.handle(request, options);
    if let Some(used) = used {
        http.table.delete(used)?;
    }
    match answer {
        Ok(pending) => Ok((Ok(pending),)),
        Err(error) => Ok((Err(http.convert_error_code(error)?),)),
    }
}
