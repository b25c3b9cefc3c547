//! `runtime::sim`: the explorer of schedules, what it proves of the runtime, and the simulated network.
