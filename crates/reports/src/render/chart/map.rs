//! A map of ties: places where they lie, each joined to the home city, marked by the kind of tie.
//! Degrees are drawn as they are, narrowed by the latitude of the middle, with the home city's
//! meridian as the one that is never cut.

use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::labels::{self, Box};
use super::land::{self, Degrees};
use super::{Area, COLOURS, Drawn, INK, PAPER, QUIET, SIZE, WIDTH, canvas, legend, pixel, words};
use crate::render::{RenderError, groups};
use crate::{ReportChart, ReportPoint};

/// The least and the most that a map is high.
const HEIGHT: (f64, f64) = (300.0, 480.0);
/// Degrees that a map shows at least.
const SPAN: f64 = 6.0;
/// The colours of water and land.
const WATER: RGBColor = RGBColor(0xf4, 0xf7, 0xf9);
const LAND: RGBColor = RGBColor(0xe3, 0xe6, 0xdf);
/// The net of degrees, seen on both.
const NET: RGBColor = RGBColor(0xcf, 0xd5, 0xd6);

type Plot<'a> = ChartContext<'a, SVGBackend<'a>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// A place with its longitude counted so that the way from home is the short one.
struct Spot<'a> {
    point: &'a ReportPoint,
    at: Degrees,
    group: usize,
}

/// What the map shows: south-west and north-east corner, and its height.
struct Window {
    from: Degrees,
    to: Degrees,
    height: f64,
}

/// Draws the map; gives its height and the drawing.
pub(super) fn draw(chart: &ReportChart) -> Result<(u32, String), RenderError> {
    let groups = groups(chart);
    let home = chart.points.iter().find(|point| point.home).or_else(|| chart.points.first());
    let meridian = home.map_or(0.0, |home| home.lon);
    let usable = |point: &&ReportPoint| point.lat.is_finite() && point.lon.is_finite();
    let spots = chart.points.iter().filter(usable).map(|point| Spot {
        point,
        at: (meridian_near(point.lon, meridian), point.lat),
        group: groups.iter().position(|group| *group == point.group).unwrap_or(0),
    });
    let spots: Vec<_> = spots.collect();
    let window = Window::around(&spots);
    let land = land::LAND.as_ref()?;
    let (places, top) = legend(groups.iter().copied());
    let height = u32::try_from(top + pixel(window.height)).unwrap_or(1);
    canvas(height, |root| {
        for ((at, name), (x, y)) in groups.iter().enumerate().zip(&places) {
            let home = spots.iter().any(|spot| spot.group == at && spot.point.home);
            mark(root, (x + 9, *y), at, home)?;
            root.draw(&Text::new(*name, (x + 20, *y), words(INK, HPos::Left, VPos::Center)))?;
        }
        let (_, area) = root.split_vertically(top);
        let plot = ChartBuilder::on(&area)
            .set_label_area_size(LabelAreaPosition::Left, 34)
            .set_label_area_size(LabelAreaPosition::Bottom, 24)
            .margin_right(2)
            .build_cartesian_2d(window.from.0..window.to.0, window.from.1..window.to.1)?;
        draw_land(&plot, land, &window)?;
        draw_graticule(root, &plot, &window)?;
        draw_spots(root, &plot, &spots)
    })
}

impl Window {
    fn around(spots: &[Spot<'_>]) -> Self {
        let bounds = |degrees: fn(&Spot<'_>) -> f64| {
            let all = || spots.iter().map(degrees);
            let (least, most) = (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
            if least > most { (0.0, 0.0) } else { (least, most) }
        };
        let ((west, east), (south, north)) = (bounds(|spot| spot.at.0), bounds(|spot| spot.at.1));
        let middle = (f64::midpoint(west, east), f64::midpoint(south, north));
        let narrowing = middle.1.to_radians().cos().max(0.2);
        let mut wide = ((east - west) * 1.25).max(SPAN / narrowing).min(360.0);
        let mut high = ((north - south) * 1.2).max(SPAN * 0.6);
        // Of width and height, the one that is too small for the form of the map grows.
        let width = f64::from(WIDTH);
        let height = (width * high / (wide * narrowing)).clamp(HEIGHT.0, HEIGHT.1);
        wide = wide.max(high * width / (height * narrowing));
        high = high.max(wide * narrowing * height / width);
        let (half_wide, half_high) = (wide / 2.0, high / 2.0);
        Self {
            from: (middle.0 - half_wide, middle.1 - half_high),
            to: (middle.0 + half_wide, middle.1 + half_high),
            height,
        }
    }

    /// Degrees between the lines of the net.
    fn step(&self) -> f64 {
        let span = (self.to.0 - self.from.0).max(self.to.1 - self.from.1);
        [1.0, 2.0, 5.0, 10.0, 20.0, 30.0].into_iter().find(|step| span / step <= 12.0).unwrap_or(60.0)
    }
}

/// The longitude that names the same meridian, at most half the globe from another one.
fn meridian_near(lon: f64, other: f64) -> f64 {
    other + (lon - other + 180.0).rem_euclid(360.0) - 180.0
}

fn draw_land(plot: &Plot<'_>, land: &[land::Ring], window: &Window) -> Drawn {
    let area = plot.plotting_area();
    area.fill(&WATER)?;
    // The window may reach beyond 180°: the globe is laid out three times.
    for ring in land {
        for turn in [-360.0, 0.0, 360.0] {
            let corners: Vec<_> = ring.corners.iter().map(|(lon, lat)| (lon + turn, *lat)).collect();
            let corners = land::clipped(&corners, window.from, window.to);
            if corners.len() > 2 {
                area.draw(&Polygon::new(corners, if ring.water { WATER } else { LAND }))?;
            }
        }
    }
    Ok(())
}

fn draw_graticule(root: &Area<'_>, plot: &Plot<'_>, window: &Window) -> Drawn {
    let step = window.step();
    let lines = |from: f64, to: f64| {
        let first = (from / step).ceil() * step;
        std::iter::successors(Some(first), move |at| Some(at + step)).take_while(move |at| *at <= to)
    };
    let line = |a: Degrees, b: Degrees| {
        root.draw(&PathElement::new([plot.backend_coord(&a), plot.backend_coord(&b)], NET.stroke_width(1)))
    };
    let label = |text: String, at: (i32, i32), h, v| root.draw(&Text::new(text, at, words(QUIET, h, v)));
    for lon in lines(window.from.0, window.to.0) {
        line((lon, window.from.1), (lon, window.to.1))?;
        let (x, y) = plot.backend_coord(&(lon, window.from.1));
        if x < pixel(f64::from(WIDTH)) - 20 {
            label(degrees(meridian_near(lon, 0.0)), (x, y + 8), HPos::Center, VPos::Top)?;
        }
    }
    for lat in lines(window.from.1.max(-90.0), window.to.1.min(90.0)) {
        line((window.from.0, lat), (window.to.0, lat))?;
        let (x, y) = plot.backend_coord(&(window.from.0, lat));
        label(degrees(lat), (x - 6, y), HPos::Right, VPos::Center)?;
    }
    Ok(())
}

/// Degrees as a number with its sign: letters for the quarters of the sky differ by language.
fn degrees(value: f64) -> String {
    match pixel(value) {
        -180 => "180°".to_owned(),
        value => format!("{value}°").replace('-', "−"),
    }
}

fn draw_spots(root: &Area<'_>, plot: &Plot<'_>, spots: &[Spot<'_>]) -> Drawn {
    let seen = |spot: &Spot<'_>| plot.backend_coord(&spot.at);
    let exact = |spot: &Spot<'_>| (f64::from(seen(spot).0), f64::from(seen(spot).1));
    if let Some(home) = spots.iter().find(|spot| spot.point.home) {
        for spot in spots.iter().filter(|spot| !spot.point.home) {
            root.draw(&PathElement::new([seen(home), seen(spot)], colour(spot.group).mix(0.45).stroke_width(1)))?;
        }
    }
    let (xs, ys) = plot.plotting_area().get_pixel_range();
    let frame = Box {
        left: f64::from(xs.start),
        top: f64::from(ys.start),
        right: f64::from(xs.end),
        bottom: f64::from(ys.end),
    };
    // The home city's name has the first choice, then those with the least room to the east.
    let mut order: Vec<_> = spots.iter().collect();
    order.sort_by(|a, b| b.point.home.cmp(&a.point.home).then(b.at.0.total_cmp(&a.at.0)));
    let marks: Vec<_> =
        spots.iter().map(|spot| Box::around(exact(spot), if spot.point.home { 8.0 } else { 5.0 })).collect();
    let names: Vec<_> = order.iter().map(|spot| (spot.point.label.as_str(), exact(spot))).collect();
    let boxes = labels::placed(&names, &marks, frame);
    for (spot, place) in order.iter().zip(&boxes) {
        let near = place.nearest(exact(spot));
        let distance = (near.0 - exact(spot).0).hypot(near.1 - exact(spot).1);
        if distance > 16.0 {
            root.draw(&PathElement::new([seen(spot), (pixel(near.0), pixel(near.1))], QUIET.mix(0.7).stroke_width(1)))?;
        }
    }
    for spot in &order {
        mark(root, seen(spot), spot.group, spot.point.home)?;
    }
    for (spot, place) in order.iter().zip(&boxes) {
        let corners = [(pixel(place.left), pixel(place.top)), (pixel(place.right), pixel(place.bottom))];
        root.draw(&Rectangle::new(corners, PAPER.mix(0.72).filled()))?;
        let at = (pixel(place.left) + 2, pixel(f64::midpoint(place.top, place.bottom)));
        let mut style = words(INK, HPos::Left, VPos::Center);
        if spot.point.home {
            style.font = (super::FAMILY, SIZE * 1.24, FontStyle::Bold).into_font();
        }
        root.draw(&Text::new(spot.point.label.as_str(), at, style))?;
    }
    Ok(())
}

fn colour(group: usize) -> RGBColor {
    COLOURS[group % COLOURS.len()]
}

/// A place's mark: the home city has a ring, the groups differ by form as well as by colour.
fn mark(root: &Area<'_>, (x, y): (i32, i32), group: usize, home: bool) -> Drawn {
    if home {
        root.draw(&Circle::new((x, y), 7, PAPER.filled()))?;
        return root.draw(&Circle::new((x, y), 7, INK.stroke_width(2)));
    }
    let shape: &[(i32, i32)] = match group % 4 {
        1 => return root.draw(&Circle::new((x, y), 5, colour(group).filled())),
        2 => &[(-4, -4), (4, -4), (4, 4), (-4, 4)],
        3 => &[(0, -6), (6, 5), (-6, 5)],
        _ => &[(0, -6), (6, 0), (0, 6), (-6, 0)],
    };
    let corners: Vec<_> = shape.iter().map(|(dx, dy)| (x + dx, y + dy)).collect();
    root.draw(&Polygon::new(corners, colour(group)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_way_crosses_the_pacific() {
        assert_eq!(meridian_near(-122.0, 127.5), 238.0);
        assert!((meridian_near(92.9, 127.5) - 92.9).abs() < 1e-9);
        assert_eq!(meridian_near(-170.0, 0.0), -170.0);
    }
}
