//! One file, from its URL to its name in a folder: as many requests as it takes.
//!
//! An attempt asks for the file, or for the rest of it where a part is there and can be [continued](super::resume),
//! and writes what comes. If it fails in a way that may pass ([`retry`]), the next attempt goes on with what the last
//! one left. So a body that breaks off costs only what was not there yet, if the server can tell one version of its
//! file from the next ([`validator`](super::validator)), and else all of it: nothing is ever put behind bytes of
//! another version.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::SystemTime;

use http_client::{Client, Response};
use runtime::{sleep, spawn_blocking};

use super::body::Written;
use super::checksum::Sums;
use super::failure::{Failed, FetchError};
use super::goal::Goal;
use super::naming::Naming;
use super::part::Part;
use super::range::ContentRange;
use super::record::{Record, Times};
use super::resume::Place;
use super::retry::Retry;
use super::retry_after;
use super::together::Together;
use super::wanted::Wanted;
use crate::progress::FileBar;
use crate::{cli, text};

/// What the fetches of a run share.
pub(super) struct Plan {
    pub(super) client: Client,
    pub(super) dir: Arc<Path>,
    /// What every request has.
    pub(super) request: cli::Request,
    pub(super) retry: Retry,
    /// Numbers from 0 to 1, to spread the waits by.
    pub(super) dice: Box<dyn Fn() -> f64>,
    /// Whether parts are kept for the next run.
    pub(super) keeps: bool,
    /// Who names the files.
    pub(super) naming: Naming,
    /// The sums that files must have, by their names.
    pub(super) sums: Option<Sums>,
    /// What is written of small files.
    pub(super) together: Together<Written>,
}

/// The download of one file.
pub(super) struct Fetch {
    pub(super) plan: Rc<Plan>,
    pub(super) wanted: Wanted,
    pub(super) bar: Rc<FileBar>,
    pub(super) record: Rc<RefCell<Record>>,
    /// What is there.
    pub(super) part: Option<Part>,
}

/// What the head of a reply says.
enum Reply {
    /// All of the file follows.
    Whole(Response),
    /// What the part lacks follows, up to this byte (exclusive).
    Rest(Response, u64),
    /// The part is of another version, or none can tell: all of it has to be asked for.
    StartOver,
}

impl Fetch {
    /// Downloads the file.
    ///
    /// Cancel safe: whenever it is dropped, there is either the whole file or none under its name; and a part of it
    /// that the next run can go on with, if parts are kept.
    pub(super) async fn run(mut self) -> Result<(), FetchError> {
        if self.is_whole().await? {
            return Ok(());
        }
        self.find_part().await?;
        let mut retries = 0;
        loop {
            let Err(failed) = self.attempt().await else { return Ok(()) };
            let Failed { error, is_transient, asked } = failed;
            let wait = self.plan.retry.wait(retries, asked, (self.plan.dice)()).filter(|_| is_transient);
            let Some(wait) = wait else {
                return Err(match asked.filter(|asked| self.plan.retry.is_beyond(retries, *asked)) {
                    Some(asked) => {
                        let asked = text::duration(asked);
                        let why = format!("{error}, and asks to wait {asked}: not tried again");
                        FetchError::NoFile(why)
                    }
                    None => error,
                });
            };
            retries += 1;
            self.record.borrow_mut().retries = retries;
            self.bar.waiting(wait, (retries, self.plan.retry.times), &error);
            sleep(wait).await;
            self.bar.asked_again();
        }
    }

    /// What an earlier run has left of the file.
    async fn find_part(&mut self) -> Result<(), FetchError> {
        let Some(place) = self.place() else { return Ok(()) };
        let key = self.wanted.key.clone();
        let found = spawn_blocking(move || place.find(&key)).await??;
        let Some(mut part) = found.map(Part::from) else { return Ok(()) };
        if self.plan.sums.is_some() {
            part = part.summing();
            // Job by job, so that Ctrl-C need not wait for all of it.
            let mut is_summed = false;
            while !is_summed {
                let sum_up = move || part.sum_up().map(|is_summed| (part, is_summed));
                (part, is_summed) = spawn_blocking(sum_up).await??;
            }
        }
        self.part = Some(part);
        self.note_part();
        Ok(())
    }

    /// Where the part is kept, if it is to be.
    pub(super) fn place(&self) -> Option<Place> {
        if self.plan.keeps { Place::of(&self.plan.dir, &self.wanted.part) } else { None }
    }

    /// Asks for the file, or for what is missing of it, and writes it.
    async fn attempt(&mut self) -> Result<(), Failed> {
        if self.part.as_ref().is_some_and(|part| part.ticket().is_none() || part.len() == 0) {
            self.discard_part().await?;
        }
        let (response, len) = loop {
            match self.ask().await? {
                Reply::Rest(response, end) => break (response, Some(end)),
                Reply::Whole(response) => {
                    self.discard_part().await?;
                    let len = response.content_length();
                    break (response, len);
                }
                // Ends: without a part there is nothing to start over.
                Reply::StartOver => self.discard_part().await?,
            }
        };
        let from = self.part.as_ref().map_or(0, Part::len);
        self.record.borrow_mut().continued = from;
        let goal = self.goal(&response, len)?;
        self.bar.started(from, len);
        self.save(response, goal).await
    }

    /// Sends the request and looks at the head of the reply.
    async fn ask(&self) -> Result<Reply, Failed> {
        let Fetch { plan, wanted, .. } = self;
        let mut request = plan.request.apply(plan.client.get(&wanted.url));
        let part = self.part.as_ref().and_then(|part| Some((part.len(), part.ticket()?)));
        if let Some((from, ticket)) = part {
            request = request.header("Range", &format!("bytes={from}-"));
            request = request.header("If-Range", ticket.validator.as_str());
        }
        let response = request.send().await?;
        self.note_reply(&response);

        let refuse = |response: &Response, why: &str| {
            Err(FetchError::NoFile(format!("{}: the server answered {why}", response.url())).into())
        };
        let status = response.status();
        match (status.as_u16(), part) {
            (206, Some((from, ticket))) => {
                // A part, as was asked for. But of the same file? A server may know nothing of If-Range, and a redirect
                // may lead to another server today.
                if !ticket.validator.is_confirmed_by(response.headers())
                    || ticket.redirected != self.redirected(&response)
                {
                    return Ok(Reply::StartOver);
                }
                self.check_coding(&response)?;
                match ContentRange::of_rest(response.headers(), from, ticket.total) {
                    Ok(Some(range)) if response.content_length().is_none_or(|len| len == range.len()) => {
                        Ok(Reply::Rest(response, range.last + 1))
                    }
                    // It may be less than the rest, and nobody would notice.
                    Ok(None) => Ok(Reply::StartOver),
                    // What is there came in this run, and goes with it: it is worth less than the file.
                    _ if !plan.keeps => Ok(Reply::StartOver),
                    Ok(Some(range)) => {
                        refuse(&response, &format!("206 Partial Content of {range}, and another length"))
                    }
                    Err(why) => refuse(&response, &format!("{why}; without --continue it starts over")),
                }
            }
            // There are not as many bytes any more.
            (416, Some(_)) => Ok(Reply::StartOver),
            // 203 is a 200 that came through somebody's hands. Where a part was there, either means that the file has
            // changed, or that this server sends no parts.
            (200 | 203, _) => {
                self.check_coding(&response)?;
                Ok(Reply::Whole(response))
            }
            _ => {
                let asked = retry_after::of(response.headers(), SystemTime::now());
                match response.error_for_status() {
                    Err(e) => Err(Failed { asked, ..e.into() }),
                    // A 204 has no file; a 206 is a part, and nobody asked for one.
                    Ok(response) => refuse(&response, &format!("{status}, which is not a whole file")),
                }
            }
        }
    }

    /// What is to become of the bytes that the reply brings.
    fn goal(&self, response: &Response, len: Option<u64>) -> Result<Goal, FetchError> {
        let (name, is_new) = self.plan.naming.name(&self.wanted, response)?;
        if name != self.wanted.name {
            self.bar.rename(&name);
            self.record.borrow_mut().file = self.plan.dir.join(&name).to_string_lossy().into_owned();
        }
        let sums = self.plan.sums.as_ref();
        let sum = sums.map(|sums| sums.of(&name)).transpose().map_err(FetchError::NoFile)?;
        Ok(Goal { name, is_new, len, sum })
    }

    /// Throws away what is there.
    async fn discard_part(&mut self) -> Result<(), FetchError> {
        if let Some(part) = self.part.take() {
            spawn_blocking(move || part.discard()).await?;
        }
        self.note_part();
        Ok(())
    }

    pub(super) fn note_part(&self) {
        let kept = self.part.as_ref().map_or(0, Part::kept);
        self.record.borrow_mut().kept = kept;
    }

    fn note_reply(&self, response: &Response) {
        let times = response.times();
        let record = &mut *self.record.borrow_mut();
        record.status = Some(response.status().as_u16());
        let url = response.url().as_str();
        record.final_url = (url != &*self.wanted.shown).then(|| url.to_owned());
        record.times = Times {
            lookup: times.lookup,
            connect: times.connect,
            tls: times.tls,
            sent: Some(times.sent),
            first_byte: Some(times.first_byte),
        };
    }

    /// Where the URL led to, if elsewhere, without the query.
    pub(super) fn redirected(&self, response: &Response) -> Option<String> {
        let url = response.url().as_str();
        (url != &*self.wanted.shown).then(|| url.split('?').next().unwrap_or_default().to_owned())
    }

    /// The body must be the file as it is, or as the user asked for it.
    fn check_coding(&self, response: &Response) -> Result<(), FetchError> {
        if self.plan.request.has_header("Accept-Encoding") {
            return Ok(());
        }
        let mut codings = response.headers().get_all("Content-Encoding");
        match codings.find(|coding| !coding.eq_ignore_ascii_case(b"identity")) {
            None => Ok(()),
            Some(coding) => {
                let (url, coding) = (response.url(), text::shorten(&String::from_utf8_lossy(coding), 40));
                let why = format!("{url}: the server encoded the file (Content-Encoding: {coding}), unasked");
                let way = format!("to have it so, add -H 'Accept-Encoding: {coding}'");
                Err(FetchError::NoFile(format!("{why}; {way}")))
            }
        }
    }
}
