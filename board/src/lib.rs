//! Buttons, LEDs and a small display of the box: pin tables, pins, gestures, light patterns, screens, and the same simulated.
//!
//! Knows pins and time values. Does not know what a press means, what is being played or who may do what: whoever
//! starts the room receives what was pressed and says what shall be seen.
//!
//! Look first at [`runner::start`] and [`Handle`]: events out, a [`Scene`] and a [`Show`] in.

pub mod config;
pub mod contact;
pub mod debounce;
pub mod event;
pub mod function;
pub mod gesture;
pub mod light;
pub mod pattern;
pub mod rotary;
pub mod runner;
pub mod screen;
pub mod sheet;
pub mod sim;
pub mod wiring;

mod advice;
mod display;
mod gpio;
mod handle;
mod inputs;
mod legend;
mod lines;
mod port;
mod pwm;
mod table;
mod time;

pub use config::Config;
pub use event::{Event, Part, Problem, What};
pub use function::{Button, Function, Led};
pub use gesture::{Gesture, Habit, Habits};
pub use light::{Colour, Condition, Conditions, Flash, Scene};
pub use runner::{Counts, Handle, Running, start};
pub use screen::{Screen, Show};
pub use table::{Active, Pull};
pub use wiring::{Kind, Wiring};
