//! Two functions of `wasi:http` in place of those of wasmtime-wasi-http 48.
//!
//! `handle` keeps the options of every request for ever there: here they are let
//! go with the request, so that a connection can hold few handles and send any
//! number of requests. `http-error-code` never knows why a body broke off
//! there, since it looks for another type than bodies fail with: here it tells
//! of the one that a connector must know, a body that was too large.

use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi_http::WasiHttpView;
use wasmtime_wasi_http::p2::bindings::http::outgoing_handler::Host as _;
use wasmtime_wasi_http::p2::bindings::http::types::{
    ErrorCode, FutureIncomingResponse, Host as _, OutgoingRequest, RequestOptions,
};

use crate::state::State;
use crate::transport::TransportError;

type IoError = wasmtime_wasi::p2::bindings::io::error::Error;

type Given = (Resource<OutgoingRequest>, Option<Resource<RequestOptions>>);

type Answer = Result<Resource<FutureIncomingResponse>, ErrorCode>;

/// Links both; goes after wasmtime's own `wasi:http/types`.
pub(crate) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    linker.instance("wasi:http/outgoing-handler@0.2.0")?.func_wrap("handle", handle)?;
    linker.allow_shadowing(true);
    // The version that wasmtime links; it serves any 0.2.
    linker.instance("wasi:http/types@0.2.12")?.func_wrap("http-error-code", error_code)?;
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

fn handle(mut store: StoreContextMut<'_, State>, (request, options): Given) -> wasmtime::Result<(Answer,)> {
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
