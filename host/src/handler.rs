//! `wasi:http/outgoing-handler` over that of wasmtime-wasi-http 48, which keeps
//! the options of every request for ever: here they are let go with the request,
//! so that a connection can hold few handles and send any number of requests.

use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi_http::WasiHttpView;
use wasmtime_wasi_http::p2::bindings::http::outgoing_handler::Host as _;
use wasmtime_wasi_http::p2::bindings::http::types::{
    ErrorCode, FutureIncomingResponse, Host as _, OutgoingRequest, RequestOptions,
};

use crate::state::State;

type Given = (Resource<OutgoingRequest>, Option<Resource<RequestOptions>>);

type Answer = Result<Resource<FutureIncomingResponse>, ErrorCode>;

/// Links the interface, for any version 0.2.
pub(crate) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    linker.instance("wasi:http/outgoing-handler@0.2.0")?.func_wrap("handle", handle)
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
