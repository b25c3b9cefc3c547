//! What the requests of a session share: its settings and its connections.

use std::cell::OnceCell;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use rustls::ClientConfig;

use crate::connect::{Connect, Tcp};
use crate::pool::Pool;
use crate::slots::Slots;
use crate::timeouts::Timeouts;
use crate::tls::Certificates;
use crate::watch::Observer;

/// A session, as the [`Client`](crate::Client)s that are clones of each other and their replies have it in common.
pub(crate) struct Session {
    pub(crate) connector: Box<dyn Connect>,
    /// Hosts whose addresses were given: host in lower case, port, addresses.
    pub(crate) resolved: Vec<(String, u16, Vec<SocketAddr>)>,
    pub(crate) extra_roots: Vec<Certificates>,
    pub(crate) trusts_anybody: bool,
    /// Made when the first https URL comes.
    pub(crate) tls: OnceCell<Arc<ClientConfig>>,
    pub(crate) redirects: Option<usize>,
    pub(crate) https_to_http: bool,
    pub(crate) timeouts: Timeouts,
    pub(crate) pool: Pool,
    pub(crate) slots: Slots,
    pub(crate) observer: Option<Observer>,
}

impl Default for Session {
    fn default() -> Self {
        Session {
            connector: Box::new(Tcp),
            resolved: Vec::new(),
            extra_roots: Vec::new(),
            trusts_anybody: false,
            tls: OnceCell::new(),
            redirects: Some(10),
            https_to_http: false,
            timeouts: Timeouts::default(),
            pool: Pool::default(),
            slots: Slots::default(),
            observer: None,
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}
