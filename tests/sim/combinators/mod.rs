//! Futures made of futures, in every order of small programs, and cancelled in the middle: all outputs are there, each in
//! its place, and whatever was made is dropped once.

mod all;
mod first;
mod groups;
mod limits;
