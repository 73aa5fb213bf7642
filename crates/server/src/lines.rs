//! The lines of the log on their way out. They gather for a moment and are written together by a thread
//! of its own: waking it for each line took a third of what a kept answer costs. No line is dropped;
//! when the reader is slow, whoever logs waits.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// How long lines gather. Warnings and errors are written at once, with all that came before.
const GATHER: Duration = Duration::from_millis(20);
/// How many bytes are written at once even though no time has passed.
const MANY: usize = 64 * 1024;
/// How many bytes may wait before whoever logs has to wait too.
const ROOM: usize = 1024 * 1024;

/// Takes lines.
#[derive(Clone)]
pub(crate) struct Lines(Arc<Shared>);

#[derive(Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    /// There is something to write.
    filled: Condvar,
    /// There is room again.
    emptied: Condvar,
}

#[derive(Default)]
struct Waiting {
    bytes: Vec<u8>,
    /// Whether they must not gather any longer.
    urgent: bool,
    ended: bool,
}

/// Writes what is left when it is dropped.
pub(crate) struct Writing {
    lines: Lines,
    thread: Option<JoinHandle<()>>,
}

impl Lines {
    /// Begins to write lines to `out`.
    pub(crate) fn to(out: impl Write + Send + 'static) -> io::Result<(Self, Writing)> {
        let lines = Self(Arc::default());
        let written = lines.clone();
        let thread = std::thread::Builder::new().name("log".to_owned()).spawn(move || written.write_all_to(out))?;
        Ok((lines.clone(), Writing { lines, thread: Some(thread) }))
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, line: &[u8], urgent: bool) {
        let full = |waiting: &mut Waiting| waiting.bytes.len() >= ROOM && !waiting.ended;
        let mut waiting = self.0.emptied.wait_while(self.lock(), full).unwrap_or_else(PoisonError::into_inner);
        let before = waiting.bytes.len();
        waiting.bytes.extend_from_slice(line);
        waiting.urgent |= urgent;
        // Woken when there is something after nothing, and when it is not to gather any longer.
        if before == 0 || urgent || (before < MANY && waiting.bytes.len() >= MANY) {
            self.0.filled.notify_one();
        }
    }

    fn write_all_to(&self, mut out: impl Write) {
        let mut lines = Vec::new();
        loop {
            let empty = |waiting: &mut Waiting| waiting.bytes.is_empty() && !waiting.ended;
            let waiting = self.0.filled.wait_while(self.lock(), empty).unwrap_or_else(PoisonError::into_inner);
            let gather = |waiting: &mut Waiting| !waiting.urgent && !waiting.ended && waiting.bytes.len() < MANY;
            let (mut waiting, _) =
                self.0.filled.wait_timeout_while(waiting, GATHER, gather).unwrap_or_else(PoisonError::into_inner);
            std::mem::swap(&mut waiting.bytes, &mut lines);
            waiting.urgent = false;
            let is_last = waiting.ended;
            drop(waiting);
            self.0.emptied.notify_all();
            // Nobody can be told of a log that cannot be written.
            let _ = out.write_all(&lines).and_then(|()| out.flush());
            if is_last {
                return;
            }
            lines.clear();
            lines.shrink_to(MANY);
        }
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.lines.lock().ended = true;
        self.lines.0.filled.notify_one();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Takes one line, as it is formatted in one piece.
pub(crate) struct Line<'l> {
    lines: &'l Lines,
    urgent: bool,
}

impl Write for Line<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.lines.add(line, self.urgent);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'l> MakeWriter<'l> for Lines {
    type Writer = Line<'l>;

    fn make_writer(&'l self) -> Line<'l> {
        Line { lines: self, urgent: false }
    }

    fn make_writer_for(&'l self, about: &Metadata<'_>) -> Line<'l> {
        Line { lines: self, urgent: *about.level() <= Level::WARN }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Somewhere to write that can be looked at, and that holds whoever writes as long as it is locked.
    #[derive(Clone, Default)]
    struct Out(Arc<Mutex<Vec<u8>>>);

    impl Write for Out {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Out {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    #[test]
    fn every_line_is_written_in_its_order_whoever_logs() {
        let out = Out::default();
        let (lines, writing) = Lines::to(out.clone()).unwrap();
        std::thread::scope(|scope| {
            for who in 0..4 {
                let lines = &lines;
                scope.spawn(move || {
                    for n in 0..10_000 {
                        lines.add(format!("{who} {n} {}\n", "x".repeat(200)).as_bytes(), false);
                    }
                });
            }
        });
        drop(writing);
        let text = out.text();
        for who in 0..4 {
            let mine = text.lines().filter(|line| line.starts_with(&format!("{who} ")));
            let numbers: Vec<usize> = mine.map(|line| line.split(' ').nth(1).unwrap().parse().unwrap()).collect();
            assert!(numbers.iter().copied().eq(0..10_000), "{who}");
        }
    }

    #[test]
    fn who_logs_waits_when_the_reader_is_slow_and_no_more_than_fits_is_held() {
        let out = Out::default();
        let (lines, writing) = Lines::to(out.clone()).unwrap();
        let held = out.0.lock().unwrap();
        let (line, more) = (vec![b'x'; MANY], lines.clone());
        let logging = std::thread::spawn(move || (0..64).for_each(|_| more.add(&line, false)));
        while lines.lock().bytes.len() < ROOM {
            std::thread::yield_now();
        }
        assert!(!logging.is_finished() && lines.lock().bytes.len() < ROOM + MANY);
        drop(held);
        logging.join().unwrap();
        drop(writing);
        assert_eq!(out.0.lock().unwrap().len(), 64 * MANY);
    }

    #[test]
    fn what_is_urgent_takes_along_what_came_before() {
        let out = Out::default();
        let (lines, _writing) = Lines::to(out.clone()).unwrap();
        lines.add(b"first\n", false);
        lines.add(b"second\n", true);
        while out.text() != "first\nsecond\n" {
            std::thread::yield_now();
        }
    }
}
