//! What tasks wait for each other with, in every order of small programs, and cancelled in the middle.
//!
//! A wake that is lost needs no assertion: then nothing can go on, which is a failure of the run.

mod barrier;
mod channels;
mod condvar;
mod event;
mod mutex;
mod semaphore;
