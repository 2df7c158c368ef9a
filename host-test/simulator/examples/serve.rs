//! Serves the simulated account on a port: `serve [PORT]`, 8080 unless given.

use pagerduty_simulator::{Clock, Options, Server, Simulator};

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let port = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(8080);
    let simulator = Simulator::new(Options { clock: Clock::Real, rate_limit: None, ..Options::default() });
    let server = Server::bind(simulator, port).await?;
    println!("{}", server.base_url());
    server.serve().await;
    Ok(())
}
