//! The same with ureq, which blocks: a thread for each of those at once, one agent for all.

use std::fs::{self, File};
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use super::{AT_ONCE, Order};

/// Fetches them all.
pub(super) fn run(order: &Order) -> Result<(), Box<dyn std::error::Error>> {
    let authority = Certificate::from_pem(&fs::read(&order.cacert)?)?;
    let tls = TlsConfig::builder().root_certs(RootCerts::new_with_certs(&[authority])).build();
    // Else it keeps 3 connections to a host, and makes a new one for each file of the other threads.
    let agent: Agent = Agent::config_builder()
        .tls_config(tls)
        .max_idle_connections_per_host(AT_ONCE)
        .max_idle_connections(AT_ONCE)
        .build()
        .into();
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        let threads: Vec<_> =
            (0..AT_ONCE.min(order.files)).map(|_| scope.spawn(|| lane(&agent, order, &next))).collect();
        threads.into_iter().try_for_each(|thread| thread.join().map_err(|_| "a thread panicked")?)
    })?;
    Ok(())
}

fn lane(agent: &Agent, order: &Order, next: &AtomicUsize) -> Result<(), String> {
    loop {
        let n = next.fetch_add(1, Ordering::Relaxed);
        if n >= order.files {
            return Ok(());
        }
        let mut response = agent.get(order.url(n)).call().map_err(|e| e.to_string())?;
        let mut file = File::create(order.path(n)).map_err(|e| e.to_string())?;
        io::copy(&mut response.body_mut().as_reader(), &mut file).map_err(|e| e.to_string())?;
    }
}
