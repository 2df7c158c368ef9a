//! The server that all contestants read from: pages of incidents, or a whole
//! account, as PagerDuty would send them, as fast as this can be done.
//!
//! Rule: it listens on the loopback interface alone, and ends with its standard
//! input.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use bench::copies::Copies;
use bench::records::{self, Incidents};
use bytes::Bytes;
use clap::Parser;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

/// `offset + limit` may not go past this, as at PagerDuty.
const OFFSET_END: u64 = 10_000;

/// Services: three pages of a hundred, also where pages share a record.
const SERVICES: usize = 298;

#[derive(Parser)]
struct Args {
    /// Milliseconds before each answer.
    #[arg(long, default_value_t = 0)]
    latency_ms: u64,
    /// Incidents of the account.
    #[arg(long, default_value_t = 10_000)]
    incidents: u64,
    /// Answers with an account of so many copies of the simulator's instead.
    #[arg(long)]
    copies: Option<u64>,
    /// Incidents of that account beside those of the copies.
    #[arg(long, default_value_t = 0)]
    more: u64,
}

struct Account {
    count: u64,
    latency: Duration,
    incidents: Incidents,
    services: Vec<String>,
    user: Bytes,
    /// In its place, where there is one.
    copies: Option<RefCell<Copies>>,
    requests: Cell<u64>,
    /// Time from each request to its answer, all added up.
    answering: Cell<Duration>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let args = Args::parse();
    let account = Rc::new(Account::new(&args));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("http://{}", listener.local_addr()?);
    let serving = tokio::task::LocalSet::new();
    serving.spawn_local(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let account = Rc::clone(&account);
            let _ = stream.set_nodelay(true);
            tokio::task::spawn_local(async move {
                let service = service_fn(move |request| answer(Rc::clone(&account), request));
                // A contestant that leaves is no failure.
                let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    let ended = async {
        let mut rest = Vec::new();
        tokio::io::stdin().read_to_end(&mut rest).await
    };
    serving.run_until(ended).await?;
    Ok(())
}

async fn answer(account: Rc<Account>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (path, query) = (request.uri().path(), request.uri().query().unwrap_or_default());
    if path == "/_requests" {
        let told = json!({
            "requests": account.requests.get(),
            "answering_ms": account.answering.get().as_secs_f64() * 1e3,
        });
        return Ok(respond(StatusCode::OK, told.to_string()));
    }
    let came = Instant::now();
    account.requests.set(account.requests.get() + 1);
    if !account.latency.is_zero() {
        tokio::time::sleep(account.latency).await;
    }
    let answer = match path {
        _ if account.copies.is_some() => account.copied(&request),
        "/incidents" => account.page_of_incidents(&arguments(query)),
        "/services" => account.page_of_services(&arguments(query)),
        "/abilities" => respond(StatusCode::OK, json!({ "abilities": ["teams"] }).to_string()),
        _ if path.starts_with("/users/") => respond(StatusCode::OK, account.user.clone()),
        _ => refuse(StatusCode::NOT_FOUND, 2100, "Not Found"),
    };
    account.answering.set(account.answering.get() + came.elapsed());
    Ok(answer)
}

fn respond(status: StatusCode, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/json"));
    response
}

fn refuse(status: StatusCode, code: u32, message: &str) -> Response<Full<Bytes>> {
    respond(status, json!({ "error": { "message": message, "code": code } }).to_string())
}

/// The last value of each query argument.
fn arguments(query: &str) -> HashMap<&str, String> {
    let escapes = [("%3A", ":"), ("%3a", ":"), ("%2B", "+"), ("%2b", "+")];
    let decoded = |value: &str| escapes.iter().fold(value.to_owned(), |text, (from, to)| text.replace(from, to));
    query.split('&').filter_map(|pair| pair.split_once('=')).map(|(name, value)| (name, decoded(value))).collect()
}

/// PagerDuty's code for arguments that it refuses, and its words.
struct Refusal(u32, &'static str);

impl Refusal {
    fn told(self) -> Response<Full<Bytes>> {
        refuse(StatusCode::BAD_REQUEST, self.0, self.1)
    }
}

/// Where a page begins and ends in a list of `count`, or why it does not.
fn cut(arguments: &HashMap<&str, String>, count: u64) -> Result<(u64, u64, u64), Refusal> {
    let number = |name: &str, default| arguments.get(name).map_or(Some(default), |text| text.parse().ok());
    let (Some(limit), Some(offset)) = (number("limit", 25), number("offset", 0)) else {
        return Err(Refusal(2001, "limit and offset must be numbers"));
    };
    let limit = limit.clamp(1, 100);
    if offset + limit > OFFSET_END {
        return Err(Refusal(2002, "offset + limit is beyond 10,000"));
    }
    let from = offset.min(count);
    Ok((from, (from + limit).min(count), limit))
}

fn page(name: &str, items: &str, cut: (u64, u64, u64), count: u64, arguments: &HashMap<&str, String>) -> String {
    let (from, to, limit) = cut;
    let total = if arguments.get("total").is_some_and(|total| total == "true") { json!(count) } else { Value::Null };
    let more = to < count;
    format!(r#"{{"{name}":[{items}],"limit":{limit},"offset":{from},"total":{total},"more":{more}}}"#)
}

impl Account {
    fn new(args: &Args) -> Account {
        let service = records::simulated("/services?limit=1")["services"][0].clone();
        let services = (0..SERVICES).map(|number| {
            let mut service = service.clone();
            service["id"] = format!("PSERV{number:05}").into();
            service["name"] = format!("service {number:03}").into();
            service.to_string()
        });
        let users = records::simulated("/users?limit=1");
        Account {
            count: args.incidents,
            latency: Duration::from_millis(args.latency_ms),
            incidents: Incidents::new(),
            services: services.collect(),
            user: json!({ "user": users["users"][0] }).to_string().into(),
            copies: args.copies.map(|copies| RefCell::new(Copies::new(copies, args.more))),
            requests: Cell::new(0),
            answering: Cell::new(Duration::ZERO),
        }
    }

    fn copied(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        let Some(copies) = &self.copies else { return refuse(StatusCode::NOT_FOUND, 2100, "Not Found") };
        let (path, query) = (request.uri().path(), request.uri().query().unwrap_or_default());
        let early = request.headers().get("x-early-access").and_then(|value| value.to_str().ok());
        let given = arguments(query);
        match copies.borrow_mut().answer(path, query, early.unwrap_or_default(), |count| cut(&given, count)) {
            Ok((status, body)) => respond(StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY), body),
            Err(refusal) => refusal.told(),
        }
    }

    fn page_of_incidents(&self, arguments: &HashMap<&str, String>) -> Response<Full<Bytes>> {
        let edge = |name: &str, default| match arguments.get(name) {
            None => Some(default),
            Some(time) => records::first_at(time).map(|number| number.min(self.count)),
        };
        let (Some(first), Some(end)) = (edge("since", 0), edge("until", self.count)) else {
            return refuse(StatusCode::BAD_REQUEST, 2001, "since and until must be times");
        };
        let count = end.saturating_sub(first);
        let (from, to, limit) = match cut(arguments, count) {
            Ok(cut) => cut,
            Err(refusal) => return refusal.told(),
        };
        let mut items = String::with_capacity((records::RECORD + 200) * 100);
        for number in first + from..first + to {
            if number > first + from {
                items.push(',');
            }
            self.incidents.write(number, &mut items);
        }
        respond(StatusCode::OK, page("incidents", &items, (from, to, limit), count, arguments))
    }

    fn page_of_services(&self, arguments: &HashMap<&str, String>) -> Response<Full<Bytes>> {
        let count = self.services.len();
        match cut(arguments, count as u64) {
            Ok((from, to, limit)) => {
                let items = self.services[usize::try_from(from).unwrap_or(count)..usize::try_from(to).unwrap_or(count)]
                    .join(",");
                respond(StatusCode::OK, page("services", &items, (from, to, limit), count as u64, arguments))
            }
            Err(refusal) => refusal.told(),
        }
    }
}
