//! What a connection has received and not yet answered.

use super::limits::{Budget, Reserved};
use ferrohsm_protocol::frame::{self, Frame, FrameError, HEADER_BYTES, Header};
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt};
use zeroize::Zeroize;

/// Bytes that every connection has without asking the budget.
const FIRST_BYTES: usize = 4 * 1024;
/// By how much a full buffer grows.
const GROWTH: usize = 4;
/// Above this, a buffer is given back as soon as it is empty.
const KEEP_BYTES: usize = 64 * 1024;

/// A receive buffer that starts small and grows to the frame that a peer announces, within the HSM's budget. What was
/// answered is wiped: bodies hold passwords and key material.
pub struct Input {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    budget: Arc<Budget>,
    reserved: Option<Reserved>,
    /// The last read waits, or was waiting, for the budget.
    starved: bool,
}

impl Input {
    pub fn new(budget: Arc<Budget>) -> Input {
        Input {
            bytes: vec![0; FIRST_BYTES],
            start: 0,
            end: 0,
            budget,
            reserved: None,
            starved: false,
        }
    }

    /// The whole frame at the start, if there is one; [`Input::consume`] removes it.
    pub fn frame(&self, limit: usize) -> Result<Option<Frame<'_>>, FrameError> {
        frame::split(&self.bytes[self.start..self.end], limit)
    }

    /// The body of the whole frame of `bytes` bytes at the start.
    pub fn body(&self, bytes: usize) -> &[u8] {
        &self.bytes[self.start + HEADER_BYTES..self.start + bytes]
    }

    /// Whether it does not read because the HSM has no memory for more.
    pub fn is_starved(&self) -> bool {
        self.starved
    }

    /// Removes and wipes the first `bytes`.
    pub fn consume(&mut self, bytes: usize) {
        self.bytes[self.start..self.start + bytes].fill(0);
        self.start += bytes;
        if self.start == self.end {
            self.start = 0;
            self.end = 0;
            if self.bytes.len() > KEEP_BYTES {
                self.bytes = vec![0; FIRST_BYTES];
                self.reserved = None;
            }
        }
    }

    /// Whether nothing is left, not even the start of a frame.
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Reads what has arrived; 0 at the end of the stream. Waits while the budget is used up. Cancelling it loses
    /// nothing.
    pub async fn read(&mut self, stream: &mut (impl AsyncRead + Unpin)) -> io::Result<usize> {
        self.make_room().await?;
        let read = stream.read(&mut self.bytes[self.end..]).await?;
        self.end += read;
        Ok(read)
    }

    async fn make_room(&mut self) -> io::Result<()> {
        self.starved = false;
        if self.end < self.bytes.len() {
            return Ok(());
        }
        let left = self.end - self.start;
        if self.start > 0 {
            self.bytes.copy_within(self.start..self.end, 0);
            self.bytes[left..self.end].fill(0);
            self.start = 0;
            self.end = left;
            return Ok(());
        }
        // The length was checked when the frame was looked for, so it is bounded here.
        let announced = match Header::decode(&self.bytes, usize::MAX) {
            Ok(Some(header)) => HEADER_BYTES + header.length as usize,
            Ok(None) | Err(_) => HEADER_BYTES,
        };
        // Only as far as what has arrived justifies: a header alone is cheap to send.
        let wanted = (self.bytes.len() * GROWTH)
            .min(announced.max(KEEP_BYTES))
            .max(self.bytes.len() + FIRST_BYTES);
        self.starved = true;
        let reserved = self.budget.wait(wanted).await?;
        self.starved = false;
        let mut bytes = vec![0; wanted];
        bytes[..left].copy_from_slice(&self.bytes[..left]);
        self.bytes.zeroize();
        self.bytes = bytes;
        self.reserved = Some(reserved);
        Ok(())
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::listener::limits::Limits;
    use ferrohsm_protocol::frame::MAX_BODY;

    /// Frames of every size come out as they went in, however the stream cuts them.
    #[tokio::test]
    async fn frames_survive_any_cut() {
        let sizes = [
            0, 1, 100, 4072, 4073, 10_000, 65_536, 3, MAX_BODY, 0, 200_000, 7,
        ];
        let mut sent = Vec::new();
        for (index, size) in sizes.into_iter().enumerate() {
            let header = Header::request(1, index as u32, 0, size);
            sent.extend_from_slice(&header.encode());
            sent.extend(std::iter::repeat_n(index as u8, size));
        }
        for piece in [1, 7, 24, 1000, 4096, 100_000] {
            let limits = Limits::new();
            let mut input = Input::new(Arc::clone(&limits.budget));
            let mut seen = 0;
            for bytes in sent.chunks(piece) {
                let mut stream = bytes;
                while !stream.is_empty() {
                    input.read(&mut stream).await.unwrap();
                    while let Some(frame) = input.frame(MAX_BODY).unwrap() {
                        assert_eq!(frame.header.call_id, seen);
                        assert_eq!(frame.body.len(), sizes[seen as usize]);
                        assert!(frame.body.iter().all(|byte| *byte == seen as u8));
                        let bytes = frame.bytes;
                        input.consume(bytes);
                        seen += 1;
                    }
                }
            }
            assert_eq!((seen as usize, input.is_empty()), (sizes.len(), true));
            assert!(input.bytes.len() <= KEEP_BYTES);
            assert!(
                input.bytes.iter().all(|byte| *byte == 0),
                "a body is still in the buffer"
            );
            drop(input);
            assert!(limits.budget.reserve(config::BUFFER_BUDGET_BYTES).is_some());
        }
    }

    #[tokio::test]
    async fn a_used_up_budget_delays_only_large_frames() {
        let limits = Limits::new();
        let all = limits.budget.reserve(config::BUFFER_BUDGET_BYTES);
        let mut input = Input::new(Arc::clone(&limits.budget));
        let mut frame = Header::request(1, 1, 0, 100_000).encode().to_vec();
        frame.resize(HEADER_BYTES + 100_000, 7);
        let mut stream = frame.as_slice();
        assert_eq!(input.read(&mut stream).await.unwrap(), FIRST_BYTES);
        {
            let mut waiting = std::pin::pin!(input.read(&mut stream));
            let polled = std::future::poll_fn(|context| {
                std::task::Poll::Ready(waiting.as_mut().poll(context).is_pending())
            });
            assert!(polled.await, "grew without a budget");
        }
        assert!(input.is_starved());
        drop(all);
        while input.frame(MAX_BODY).unwrap().is_none() {
            let held = input.bytes.len();
            assert!(
                held <= FIRST_BYTES.max(GROWTH * input.end),
                "grew to {held} too early"
            );
            input.read(&mut stream).await.unwrap();
        }
        assert!(!input.is_starved());
    }
}
