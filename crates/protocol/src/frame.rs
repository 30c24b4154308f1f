//! Frames: a fixed header of [`HEADER_BYTES`], then a body. All numbers are big-endian.
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 0 | 4 | length of the body in bytes |
//! | 4 | 1 | version of the protocol, [`VERSION`] |
//! | 5 | 1 | flags: 1 = reply, 2 = more chunks of this call follow (kept free: a stream's chunks are calls of their own) |
//! | 6 | 2 | operation, a row of the operations table |
//! | 8 | 4 | call id, chosen by the client, repeated in the reply |
//! | 12 | 4 | status; 0 in requests |
//! | 16 | 8 | store revision: of a request the highest the client has seen, of a reply the one it reflects |
//!
//! The length is checked before anything is allocated.

use crate::status::Status;

/// Bytes of a frame's header.
pub const HEADER_BYTES: usize = 24;
/// The protocol version this build speaks.
pub const VERSION: u8 = 1;
/// Largest body before the peer has logged in, in bytes.
pub const MAX_BODY_BEFORE_LOGIN: usize = 64 * 1024;
/// Largest body after login, in bytes.
pub const MAX_BODY: usize = 1024 * 1024;

const FLAG_REPLY: u8 = 1;
const FLAG_MORE: u8 = 2;

/// A decoded frame header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Bytes of the body that follows.
    pub length: u32,
    /// True in replies.
    pub reply: bool,
    /// More chunks of the same call follow.
    pub more: bool,
    /// Wire code of the operation; may name none that this build knows.
    pub operation: u16,
    /// Chosen by the client; the reply repeats it.
    pub call_id: u32,
    /// Wire code of the status; 0 in requests.
    pub status: u32,
    /// Store revision seen (request) or reflected (reply).
    pub revision: u64,
}

/// Why bytes are not a frame. The connection cannot go on after any of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The first bytes name another protocol version, or are not this protocol.
    #[error(
        "the peer speaks protocol version {0}, this side speaks {VERSION}: use matching releases of client and HSM"
    )]
    Version(u8),
    /// A flag that this version does not define.
    #[error("unknown frame flags {0:#04x}: the peer does not speak this protocol")]
    Flags(u8),
    /// The body is longer than the limit.
    #[error("a frame of {length} bytes is over the limit of {limit}: send less data in one call")]
    TooLong {
        /// Announced length, bytes.
        length: u32,
        /// Limit in force, bytes.
        limit: usize,
    },
    /// A reply where a request belongs, or the other way round.
    #[error("a frame in the wrong direction: the peer does not speak this protocol")]
    Direction,
}

impl FrameError {
    /// The status a server answers with before it closes the connection.
    pub fn status(self) -> Status {
        match self {
            FrameError::Version(_) => Status::UnsupportedVersion,
            FrameError::TooLong { .. } => Status::FrameTooLarge,
            FrameError::Flags(_) | FrameError::Direction => Status::MalformedRequest,
        }
    }
}

impl Header {
    /// A request's header.
    pub fn request(operation: u16, call_id: u32, revision: u64, body_bytes: usize) -> Header {
        Header {
            length: length_of(body_bytes),
            reply: false,
            more: false,
            operation,
            call_id,
            status: 0,
            revision,
        }
    }

    /// The header of the reply to `request`.
    pub fn reply_to(request: &Header, status: Status, revision: u64, body_bytes: usize) -> Header {
        Header {
            length: length_of(body_bytes),
            reply: true,
            more: false,
            operation: request.operation,
            call_id: request.call_id,
            status: status.code(),
            revision,
        }
    }

    /// The header's bytes.
    pub fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut out = [0; HEADER_BYTES];
        out[0..4].copy_from_slice(&self.length.to_be_bytes());
        out[4] = VERSION;
        out[5] = if self.reply { FLAG_REPLY } else { 0 } | if self.more { FLAG_MORE } else { 0 };
        out[6..8].copy_from_slice(&self.operation.to_be_bytes());
        out[8..12].copy_from_slice(&self.call_id.to_be_bytes());
        out[12..16].copy_from_slice(&self.status.to_be_bytes());
        out[16..24].copy_from_slice(&self.revision.to_be_bytes());
        out
    }

    /// Reads a header if `bytes` holds a whole one (`None`: read more first). Nothing is allocated.
    pub fn decode(bytes: &[u8], limit: usize) -> Result<Option<Header>, FrameError> {
        // The version is checked as soon as it is there, so that garbage is refused and not waited for.
        if let Some(&version) = bytes.get(4)
            && version != VERSION
        {
            return Err(FrameError::Version(version));
        }
        let Some((header, _)) = bytes.split_first_chunk::<HEADER_BYTES>() else {
            return Ok(None);
        };
        let [
            l0,
            l1,
            l2,
            l3,
            _,
            flags,
            o0,
            o1,
            c0,
            c1,
            c2,
            c3,
            s0,
            s1,
            s2,
            s3,
            revision @ ..,
        ] = *header;
        let length = u32::from_be_bytes([l0, l1, l2, l3]);
        if flags & !(FLAG_REPLY | FLAG_MORE) != 0 {
            return Err(FrameError::Flags(flags));
        }
        if length as usize > limit {
            return Err(FrameError::TooLong { length, limit });
        }
        Ok(Some(Header {
            length,
            reply: flags & FLAG_REPLY != 0,
            more: flags & FLAG_MORE != 0,
            operation: u16::from_be_bytes([o0, o1]),
            call_id: u32::from_be_bytes([c0, c1, c2, c3]),
            status: u32::from_be_bytes([s0, s1, s2, s3]),
            revision: u64::from_be_bytes(revision),
        }))
    }
}

/// A whole frame at the start of a buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Its header.
    pub header: Header,
    /// Its body.
    pub body: &'a [u8],
    /// Bytes it takes in the buffer, header included.
    pub bytes: usize,
}

/// The frame at the start of `bytes`. `None`: read more first.
pub fn split(bytes: &[u8], limit: usize) -> Result<Option<Frame<'_>>, FrameError> {
    let Some(header) = Header::decode(bytes, limit)? else {
        return Ok(None);
    };
    let end = HEADER_BYTES + header.length as usize;
    Ok(bytes.get(HEADER_BYTES..end).map(|body| Frame {
        header,
        body,
        bytes: end,
    }))
}

/// Appends a frame whose body `encode` writes to `out`: one buffer, no copy of the body.
pub fn append(out: &mut Vec<u8>, mut header: Header, encode: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0; HEADER_BYTES]);
    encode(out);
    header.length = length_of(out.len() - start - HEADER_BYTES);
    out[start..start + HEADER_BYTES].copy_from_slice(&header.encode());
}

fn length_of(body_bytes: usize) -> u32 {
    // Bodies are bounded by MAX_BODY long before this could saturate; a saturated length is refused by every peer.
    u32::try_from(body_bytes).unwrap_or(u32::MAX)
}
