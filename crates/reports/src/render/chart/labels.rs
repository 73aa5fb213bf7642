//! Where the names of places stand on a map: beside their place, and off each other. Twin cities
//! may lie on two banks of one river.

use super::{SIZE, width_of};

/// A rectangle: left, top, right, bottom.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Box {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
}

impl Box {
    /// The rectangle of a mark with a radius.
    pub(super) fn around((x, y): (f64, f64), radius: f64) -> Self {
        Self { left: x - radius, top: y - radius, right: x + radius, bottom: y + radius }
    }

    fn overlap(&self, other: &Self) -> f64 {
        let width = self.right.min(other.right) - self.left.max(other.left);
        let height = self.bottom.min(other.bottom) - self.top.max(other.top);
        if width > 0.0 && height > 0.0 { width * height } else { 0.0 }
    }

    /// The nearest place of the rectangle to a place outside.
    pub(super) fn nearest(&self, (x, y): (f64, f64)) -> (f64, f64) {
        (x.clamp(self.left, self.right), y.clamp(self.top, self.bottom))
    }
}

/// Finds a rectangle for each name, given with its place, in the frame: of many around its place
/// the one that covers least of the marks and the names placed before, and lies nearest.
pub(super) fn placed(names: &[(&str, (f64, f64))], marks: &[Box], frame: Box) -> Vec<Box> {
    /// To cover a little is worse than to stand a little farther off.
    const TOUCH: f64 = 60.0;
    let mut placed: Vec<Box> = Vec::with_capacity(names.len());
    for (name, place) in names {
        let taken = || placed.iter().chain(marks);
        let cost = |(candidate, distance): &(Box, f64)| {
            let covered: f64 = taken().map(|other| candidate.overlap(other)).sum();
            let area = (candidate.right - candidate.left) * (candidate.bottom - candidate.top);
            let outside = area - candidate.overlap(&frame);
            covered * 4.0 + outside * 8.0 + if covered > 0.0 { TOUCH } else { 0.0 } + distance
        };
        let best = candidates(name, *place).min_by(|a, b| cost(a).total_cmp(&cost(b)));
        placed.extend(best.map(|(candidate, _)| candidate));
    }
    placed
}

/// Rectangles around a place, each with what it costs to stand there: the right side reads best.
fn candidates(name: &str, (x, y): (f64, f64)) -> impl Iterator<Item = (Box, f64)> {
    const RADII: [f64; 7] = [9.0, 14.0, 22.0, 32.0, 44.0, 60.0, 80.0];
    // Directions with their own cost: right, left, then above, below and the corners.
    const SIDES: [(f64, f64, f64); 12] = [
        (1.0, 0.0, 0.0),
        (-1.0, 0.0, 4.0),
        (0.7, -0.7, 5.0),
        (0.7, 0.7, 5.0),
        (-0.7, -0.7, 7.0),
        (-0.7, 0.7, 7.0),
        (0.0, -1.0, 8.0),
        (0.0, 1.0, 8.0),
        (0.95, -0.35, 5.0),
        (0.95, 0.35, 5.0),
        (-0.95, -0.35, 7.0),
        (-0.95, 0.35, 7.0),
    ];
    let (width, height) = (width_of(name) + 4.0, SIZE + 4.0);
    RADII.into_iter().flat_map(move |radius| {
        SIDES.into_iter().map(move |(dx, dy, cost)| {
            let (x, y) = (x + dx * radius, y + dy * radius);
            let left = if dx > 0.1 {
                x
            } else if dx < -0.1 {
                x - width
            } else {
                x - width / 2.0
            };
            let top = y - height / 2.0 + dy * height / 2.0;
            (Box { left, top, right: left + width, bottom: top + height }, cost + radius * 1.5)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_neighbours_do_not_cover_each_other() {
        let frame = Box { left: 0.0, top: 0.0, right: 680.0, bottom: 420.0 };
        let places = [
            ("Благовещенск", (300.0, 200.0)),
            ("Хэйхэ", (299.0, 201.0)),
            ("Удаляньчи", (295.0, 215.0)),
            ("Цицикар", (285.0, 230.0)),
            ("上越", (672.0, 410.0)),
            ("新潟", (675.0, 405.0)),
        ];
        let marks: Vec<_> = places.iter().map(|(_, place)| Box::around(*place, 6.0)).collect();
        let boxes = placed(&places, &marks, frame);
        assert_eq!(boxes.len(), places.len());
        for (at, one) in boxes.iter().enumerate() {
            assert!(boxes[at + 1..].iter().all(|other| one.overlap(other) == 0.0), "{at}: {boxes:?}");
            assert!(marks.iter().all(|mark| one.overlap(mark) == 0.0), "{at}: {boxes:?}");
            assert!(one.left >= 0.0 && one.top >= 0.0 && one.right <= 680.0 && one.bottom <= 420.0, "{one:?}");
        }
    }
}
