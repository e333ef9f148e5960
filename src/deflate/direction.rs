//! What was agreed on for one direction, and what goes on there: in a byte, for every connection has two of them.

use super::params::Side;

/// The window in bits, beyond the smallest.
const BITS: u8 = 0x07;
const TAKEOVER: u8 = 0x08;
const AGREED: u8 = 0x10;
/// The message that is open is compressed.
const OPEN: u8 = 0x20;
/// A compressed message was not added to the history.
const MISSED: u8 = 0x40;

#[derive(Clone, Copy, Debug)]
pub(super) struct Direction(u8);

impl Direction {
    pub(super) fn new(side: Option<Side>) -> Self {
        Self(side.map_or(0, |side| AGREED | if side.takeover { TAKEOVER } else { 0 } | (side.bits & BITS)))
    }

    pub(super) fn side(self) -> Option<Side> {
        let takeover = self.0 & TAKEOVER != 0;
        (self.0 & AGREED != 0).then_some(Side { takeover, bits: 8 | self.0 & BITS })
    }

    pub(super) fn is_open(self) -> bool {
        self.0 & OPEN != 0
    }

    pub(super) fn set_open(&mut self, on: bool) {
        self.0 = self.0 & !OPEN | if on { OPEN } else { 0 };
    }

    pub(super) fn has_missed(self) -> bool {
        self.0 & MISSED != 0
    }

    pub(super) fn set_missed(&mut self) {
        self.0 |= MISSED;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_it_fits() {
        assert!(Direction::new(None).side().is_none());
        for bits in 8..=15 {
            for takeover in [false, true] {
                let mut direction = Direction::new(Some(Side { takeover, bits }));
                direction.set_open(true);
                assert!(direction.is_open() && !direction.has_missed());
                direction.set_missed();
                direction.set_open(false);
                assert!(!direction.is_open() && direction.has_missed());
                let side = direction.side().expect("agreed");
                assert_eq!((side.takeover, side.bits), (takeover, bits));
            }
        }
    }
}
