//! A test under every order of its tasks.
