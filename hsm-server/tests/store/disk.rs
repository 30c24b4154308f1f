//! A disk in memory that records what is written and synced, fails on demand, and gives the images
//! that a power cut may leave.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hsm_server::store::StoreError;
use hsm_server::store::redb::{Opening, RedbStore};
use redb::StorageBackend;

/// What a disk writes whole or not at all.
pub const SECTOR_BYTES: usize = 512;

/// SplitMix64: small, seeded, good enough to pick what a power cut loses.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }
}

#[derive(Clone)]
pub enum Operation {
    Write { offset: usize, data: Vec<u8> },
    SetLength(usize),
    Sync,
}

/// How the disk misbehaves from now on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// It works.
    None,
    /// Writes and growth fail: no space.
    Full,
    /// The sync after this many good ones fails, and what it should have written is lost: the
    /// kernel forgets dirty pages that it could not write.
    SyncLoses(usize),
    /// The sync after this many good ones does its work, then says it failed.
    SyncLies(usize),
    /// Nothing works, not even opening.
    Dead,
}

pub struct State {
    /// What a reader of the file sees.
    pub contents: Vec<u8>,
    /// What was on stable storage when [`State::log`] began.
    pub start: Vec<u8>,
    pub log: Vec<Operation>,
    pub fault: Fault,
}

#[derive(Clone)]
pub struct Disk(Arc<Mutex<State>>);

impl std::fmt::Debug for Disk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Disk")
    }
}

impl Disk {
    pub fn new(image: Vec<u8>) -> Self {
        Self(Arc::new(Mutex::new(State {
            start: image.clone(),
            contents: image,
            log: Vec::new(),
            fault: Fault::None,
        })))
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn set_fault(&self, fault: Fault) {
        self.state().fault = fault;
    }

    /// Opens a store on this disk.
    pub fn store(&self) -> Result<RedbStore, StoreError> {
        let disk = self.clone();
        RedbStore::open_with(move |_: Opening| match disk.state().fault {
            Fault::Dead => Err(io::Error::from_raw_os_error(5).into()),
            _ => Ok(disk.clone()),
        })
    }

    /// What is on stable storage: everything up to the last sync.
    pub fn synced_image(&self) -> Vec<u8> {
        let state = self.state();
        let mut image = state.start.clone();
        let synced = state
            .log
            .iter()
            .rposition(|o| matches!(o, Operation::Sync))
            .unwrap_or(0);
        state.log[..synced]
            .iter()
            .for_each(|operation| apply(&mut image, operation));
        image
    }
}

pub fn apply(image: &mut Vec<u8>, operation: &Operation) {
    match operation {
        Operation::Write { offset, data } => {
            let end = offset + data.len();
            if image.len() < end {
                image.resize(end, 0);
            }
            image[*offset..end].copy_from_slice(data);
        }
        Operation::SetLength(length) => image.resize(*length, 0),
        Operation::Sync => {}
    }
}

/// An image that a power cut after `log` may leave on a disk that had `synced`: any of the sectors
/// written since may be there or not, an older write of one may stand over a newer, and the file
/// may have any length that it was given.
pub fn cut_power(synced: &[u8], log: &[Operation], random: &mut Random) -> Vec<u8> {
    let mut image = synced.to_vec();
    let mut lengths = vec![image.len()];
    let mut sectors = Vec::new();
    for operation in log {
        match operation {
            Operation::SetLength(length) => lengths.push(*length),
            Operation::Sync => {}
            Operation::Write { offset, data } => {
                let mut from = 0;
                while from < data.len() {
                    let room = SECTOR_BYTES - (offset + from) % SECTOR_BYTES;
                    let to = data.len().min(from + room);
                    let data = data[from..to].to_vec();
                    sectors.push(Operation::Write {
                        offset: offset + from,
                        data,
                    });
                    from = to;
                }
            }
        }
    }
    // Mostly lost, mostly kept, or even: each finds other mistakes.
    let kept_of_16 = [1, 8, 15, 16][random.below(4)];
    sectors.retain(|_| random.below(16) < kept_of_16);
    if random.below(2) == 0 {
        for i in (1..sectors.len()).rev() {
            sectors.swap(i, random.below(i + 1));
        }
    }
    sectors.iter().for_each(|sector| apply(&mut image, sector));
    image.resize(lengths[random.below(lengths.len())], 0);
    image
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.state().contents.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let state = self.state();
        let offset = usize::try_from(offset).unwrap();
        let source = state.contents.get(offset..offset + out.len());
        out.copy_from_slice(source.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut state = self.state();
        if matches!(state.fault, Fault::Full | Fault::Dead) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let length = usize::try_from(len).unwrap();
        state.contents.resize(length, 0);
        state.log.push(Operation::SetLength(length));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let lost = {
            let mut state = self.state();
            match &mut state.fault {
                Fault::Dead => return Err(io::Error::from_raw_os_error(5)),
                Fault::SyncLoses(0) => true,
                Fault::SyncLies(0) => {
                    state.fault = Fault::None;
                    state.log.push(Operation::Sync);
                    return Err(io::Error::from_raw_os_error(5));
                }
                Fault::SyncLoses(left) | Fault::SyncLies(left) => {
                    *left -= 1;
                    false
                }
                Fault::None | Fault::Full => false,
            }
        };
        if lost {
            let image = self.synced_image();
            let mut state = self.state();
            state.fault = Fault::None;
            state.contents.clone_from(&image);
            state.start = image;
            state.log.clear();
            return Err(io::Error::from_raw_os_error(5));
        }
        self.state().log.push(Operation::Sync);
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut state = self.state();
        match state.fault {
            Fault::Full => return Err(io::ErrorKind::StorageFull.into()),
            Fault::Dead => return Err(io::Error::from_raw_os_error(5)),
            _ => {}
        }
        let operation = Operation::Write {
            offset: usize::try_from(offset).unwrap(),
            data: data.to_vec(),
        };
        apply(&mut state.contents, &operation);
        state.log.push(operation);
        Ok(())
    }
}
