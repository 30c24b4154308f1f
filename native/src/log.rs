//! What the client logs (an HSM went away, is back), handed to Java's logger.
//!
//! A line is queued by whoever writes it, possibly in the middle of a call, and given to Java by a thread that lives
//! only while there are lines: no call waits for a logger, and none of ours idles for the next line.

use crate::calls::attempt;
use crate::hsm_native;
use jni::objects::JValue;
use jni::{jni_sig, jni_str};
use std::collections::VecDeque;
use std::fmt::{self, Debug, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// Lines that may wait for Java's logger; more are counted and dropped. The client itself writes few.
const MAX_LINES: usize = 64;
/// Longest line, in bytes; part of it may come from the other side.
const MAX_LINE_BYTES: usize = 1024;

struct Line {
    level: Level,
    text: String,
}

struct Queue {
    lines: VecDeque<Line>,
    dropped: u64,
    /// A thread is handing lines over.
    draining: bool,
}

static QUEUE: Mutex<Queue> = Mutex::new(Queue {
    lines: VecDeque::new(),
    dropped: 0,
    draining: false,
});

/// Hands what the client logs from here on to Java. This library has its own `tracing`; a second call changes nothing.
pub fn install() {
    let _ = tracing::subscriber::set_global_default(ToJava);
}

fn queue() -> MutexGuard<'static, Queue> {
    // A poisoned queue is still whole: every change to it is one statement.
    QUEUE.lock().unwrap_or_else(PoisonError::into_inner)
}

struct ToJava;

impl Subscriber for ToJava {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event()
            && *metadata.level() <= Level::INFO
            && metadata.target().starts_with("ferrohsm_client")
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::INFO)
    }

    fn event(&self, event: &Event<'_>) {
        push(Line {
            level: *event.metadata().level(),
            text: text(event),
        });
    }

    // There are no spans: `enabled` refuses them.
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

fn push(line: Line) {
    let mut queue = queue();
    if queue.lines.len() < MAX_LINES {
        queue.lines.push_back(line);
    } else {
        queue.dropped += 1;
    }
    if !queue.draining {
        // Without a thread they wait for the next line.
        queue.draining = std::thread::Builder::new()
            .name("ferrohsm-log".into())
            .spawn(drain)
            .is_ok();
    }
}

fn drain() {
    while let Some(line) = next() {
        // A logger that throws, or a JVM on its way down: there is nobody left to tell.
        let _ = attempt(|env| {
            let text = env.new_string(&line.text)?;
            let warning = line.level <= Level::WARN;
            env.call_static_method(
                hsm_native()?,
                jni_str!("log"),
                jni_sig!((warning: jboolean, text: JString) -> void),
                &[JValue::Bool(warning), JValue::Object(&text)],
            )?;
            Ok(())
        });
    }
}

/// The next line; without one this thread's work is done.
fn next() -> Option<Line> {
    let mut queue = queue();
    if let Some(line) = queue.lines.pop_front() {
        return Some(line);
    }
    if queue.dropped > 0 {
        let dropped = std::mem::take(&mut queue.dropped);
        return Some(Line {
            level: Level::WARN,
            text: format!("{dropped} lines of the FerroHSM client's log were dropped"),
        });
    }
    queue.draining = false;
    None
}

/// `message (field=value, ...)`, on one line.
fn text(event: &Event<'_>) -> String {
    let mut parts = Parts::default();
    event.record(&mut parts);
    let mut text = parts.message;
    if !parts.fields.is_empty() {
        let _ = write!(text, " ({})", parts.fields); // writing to a String cannot fail
    }
    text.truncate(text.floor_char_boundary(MAX_LINE_BYTES));
    text.replace(char::is_control, " ")
}

#[derive(Default)]
struct Parts {
    message: String,
    fields: String,
}

impl Visit for Parts {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let written: fmt::Result = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => {
                let comma = if self.fields.is_empty() { "" } else { ", " };
                write!(self.fields, "{comma}{name}={value:?}")
            }
        };
        let _ = written; // writing to a String cannot fail
    }
}

#[cfg(test)]
mod tests {
    use super::{Line, MAX_LINE_BYTES, MAX_LINES, QUEUE, ToJava, next, push, queue};
    use tracing::Level;

    /// One test, as there is one queue. No JVM: this thread stands for the one that drains.
    #[test]
    fn lines_are_one_line_each_and_bounded() {
        queue().draining = true;
        let take = || QUEUE.lock().unwrap().lines.pop_front();
        tracing::subscriber::with_default(ToJava, || {
            tracing::warn!(target: "ferrohsm_client::address", hsm = %"a:1", cause = %"b\nc", "HSM is away");
            tracing::debug!(target: "ferrohsm_client::address", "nothing for Java");
            tracing::warn!(target: "rustls", "nothing of ours");
            tracing::info!(target: "ferrohsm_client::address", text = %"ä".repeat(MAX_LINE_BYTES), "long");
        });
        let away = take().unwrap();
        assert_eq!(away.level, Level::WARN);
        assert_eq!(away.text, "HSM is away (hsm=a:1, cause=b c)");
        let long = take().unwrap();
        assert_eq!(long.level, Level::INFO);
        assert!(long.text.len() <= MAX_LINE_BYTES && long.text.len() > MAX_LINE_BYTES - 4);
        assert!(take().is_none());

        for number in 0..MAX_LINES + 3 {
            push(Line {
                level: Level::INFO,
                text: number.to_string(),
            });
        }
        for number in 0..MAX_LINES {
            assert_eq!(next().unwrap().text, number.to_string());
        }
        assert!(next().unwrap().text.starts_with("3 lines"));
        assert!(next().is_none());
        assert!(!queue().draining, "the next line starts a thread");
    }
}
