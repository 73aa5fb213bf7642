//! The outline of the land, so that a map is seen to be one: Natural Earth's 1:110m land as
//! TopoJSON, part of the program. Land only: where borders run is not for a chart to say.

use std::sync::LazyLock;

use serde::Deserialize;

/// A place as degrees east and degrees north.
pub(super) type Degrees = (f64, f64);

/// A closed line around land, or around water within land.
pub(super) struct Ring {
    /// Whether it is water, such as the Caspian Sea.
    pub(super) water: bool,
    /// Its corners.
    pub(super) corners: Vec<Degrees>,
}

/// All land. A ring that crosses 180° goes on beyond it, so that neighbouring corners are near.
pub(super) static LAND: LazyLock<Result<Vec<Ring>, serde_json::Error>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../data/land-110m.json")).map(|topology| rings(&topology))
});

#[derive(Deserialize)]
struct Topology {
    objects: Objects,
    arcs: Vec<Vec<(f64, f64)>>,
    transform: Transform,
}

#[derive(Deserialize)]
struct Objects {
    land: Geometries,
}

#[derive(Deserialize)]
struct Geometries {
    geometries: Vec<MultiPolygon>,
}

/// Polygons, each of an outer ring and holes, each of arcs; a negative number is an arc backwards.
#[derive(Deserialize)]
struct MultiPolygon {
    arcs: Vec<Vec<Vec<i64>>>,
}

#[derive(Deserialize)]
struct Transform {
    scale: (f64, f64),
    translate: (f64, f64),
}

fn rings(topology: &Topology) -> Vec<Ring> {
    let Transform { scale, translate } = topology.transform;
    // Each corner of an arc is told as its distance from the one before.
    let absolute = |arc: &Vec<(f64, f64)>| {
        let steps = arc.iter().scan((0.0, 0.0), |(x, y), (dx, dy)| {
            (*x, *y) = (*x + dx, *y + dy);
            Some((*x * scale.0 + translate.0, *y * scale.1 + translate.1))
        });
        steps.collect::<Vec<_>>()
    };
    let arcs: Vec<_> = topology.arcs.iter().map(absolute).collect();
    let corners = |ring: &Vec<i64>| {
        let arc_of = |index: &i64| {
            let forward = usize::try_from(*index).ok().and_then(|index| arcs.get(index)).cloned();
            forward.or_else(|| arcs.get(usize::try_from(!*index).ok()?).map(|arc| arc.iter().rev().copied().collect()))
        };
        ring.iter().filter_map(arc_of).flatten().collect::<Vec<_>>()
    };
    let polygons = topology.objects.land.geometries.iter().flat_map(|geometry| &geometry.arcs);
    let rings = polygons.flat_map(|polygon| polygon.iter().enumerate());
    rings.map(|(at, ring)| Ring { water: at > 0, corners: unrolled(corners(ring)) }).collect()
}

/// A ring on the globe as a ring on a plane: whoever walks over 180° goes on counting. One that has
/// then gone round the pole is closed along it.
fn unrolled(mut ring: Vec<Degrees>) -> Vec<Degrees> {
    for at in 1..ring.len() {
        let turns = ((ring[at - 1].0 - ring[at].0) / 360.0).round();
        ring[at].0 += turns * 360.0;
    }
    if let (Some(first), Some(last)) = (ring.first().copied(), ring.last().copied())
        && (first.0 - last.0).abs() > 180.0
    {
        let pole = 90.0_f64.copysign(first.1);
        ring.extend([(last.0, pole), (first.0, pole)]);
    }
    ring
}

/// The part of a ring within a window from the south-west to the north-east corner (Sutherland and
/// Hodgman's way, one side after the other).
pub(super) fn clipped(corners: &[Degrees], (west, south): Degrees, (east, north): Degrees) -> Vec<Degrees> {
    let at_lon = |lon: f64| move |a: Degrees, b: Degrees| (lon, a.1 + (b.1 - a.1) * (lon - a.0) / (b.0 - a.0));
    let at_lat = |lat: f64| move |a: Degrees, b: Degrees| (a.0 + (b.0 - a.0) * (lat - a.1) / (b.1 - a.1), lat);
    let ring = side(corners, |corner| corner.0 >= west, at_lon(west));
    let ring = side(&ring, |corner| corner.0 <= east, at_lon(east));
    let ring = side(&ring, |corner| corner.1 >= south, at_lat(south));
    side(&ring, |corner| corner.1 <= north, at_lat(north))
}

fn side(
    ring: &[Degrees],
    inside: impl Fn(&Degrees) -> bool,
    crossing: impl Fn(Degrees, Degrees) -> Degrees,
) -> Vec<Degrees> {
    let mut kept = Vec::with_capacity(ring.len());
    for (at, corner) in ring.iter().enumerate() {
        let before = &ring[if at == 0 { ring.len() - 1 } else { at - 1 }];
        if inside(before) != inside(corner) {
            kept.push(crossing(*before, *corner));
        }
        if inside(corner) {
            kept.push(*corner);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_land_is_read_whole() {
        let land = LAND.as_ref().unwrap();
        assert!(land.len() > 100, "{}", land.len());
        assert_eq!(land.iter().filter(|ring| ring.water).count(), 1, "the Caspian Sea");
        for ring in land {
            // The pole's edge is the one long line there is.
            let near = |pair: &[Degrees]| (pair[0].0 - pair[1].0).abs() < 20.0 || pair[1].1 == -90.0;
            assert!(ring.corners.windows(2).all(near), "no corner lies across the map from the one before");
            assert!(ring.corners.iter().all(|(_, lat)| (-90.0..=90.0).contains(lat)));
        }
        assert!(land.iter().flat_map(|ring| &ring.corners).any(|(lon, _)| *lon > 185.0 || *lon < -185.0), "Chukotka");
    }

    #[test]
    fn a_ring_is_cut_at_the_window() {
        let square = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)];
        let cut = clipped(&square, (5.0, 5.0), (20.0, 20.0));
        assert_eq!(cut.len(), 4);
        for corner in [(5.0, 5.0), (10.0, 5.0), (10.0, 10.0), (5.0, 10.0)] {
            assert!(cut.contains(&corner), "{cut:?}");
        }
        assert!(clipped(&square, (11.0, 11.0), (20.0, 20.0)).is_empty());
        assert_eq!(clipped(&square, (-1.0, -1.0), (11.0, 11.0)).len(), 4);
    }
}
