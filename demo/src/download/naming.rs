//! Who names the files: the URLs, or with `--content-disposition` the servers.
//!
//! The names in URLs are known before anything is asked for, and no two may be the same. A server's name comes with its
//! reply. Then the first who asks for a name has it: a second file of that name fails, and nothing is overwritten that
//! this run has brought.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use http_client::Response;

use super::disposition;
use super::failure::FetchError;
use super::wanted::Wanted;
use crate::names;

/// See the [module](self).
pub(super) enum Naming {
    Urls,
    /// The names that are taken, and by which URL.
    Servers(RefCell<HashMap<String, Arc<str>>>),
}

impl Naming {
    /// The name of a file of which this is the reply, and whether the server chose it: then it must be a new one, or a
    /// server could replace whatever stands in the folder.
    pub(super) fn name(&self, wanted: &Wanted, response: &Response) -> Result<(String, bool), FetchError> {
        let Naming::Servers(taken) = self else { return Ok((wanted.name.clone(), false)) };
        let refuse = |why: String| FetchError::NoFile(format!("{}: {why}", response.url()));
        let name = match (disposition::file_name(response.headers()), &wanted.unnamed) {
            (Some(proposed), _) if proposed.is_empty() => {
                return Err(refuse("the file name that the server proposes is empty".to_owned()));
            }
            (Some(proposed), _) => names::checked(proposed).map_err(|e| refuse(e.to_string()))?,
            (None, Some(why)) => return Err(refuse(format!("{why}, and the server proposes no name"))),
            (None, None) => wanted.name.clone(),
        };
        let is_chosen = wanted.unnamed.is_some() || name != wanted.name;
        // On some systems names that differ in case are one file; to refuse them on all costs next to nothing.
        let mut taken = taken.borrow_mut();
        let owner = taken.entry(name.to_lowercase()).or_insert_with(|| wanted.shown.clone());
        match *owner == wanted.shown {
            true => Ok((name, is_chosen)),
            false => Err(refuse(format!("the server names it {name}, as {owner} is named already"))),
        }
    }
}
