//! The answers to earlier exercises that later ones stand on, so that you need not have solved them all. Look here after you
//! have solved one, not before.
