//! Bars that lie: a group for each category, a bar for each series, so that names of countries have
//! room on the left and figures at the ends.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::{COLOURS, Drawn, INK, QUIET, RULE, canvas, legend, pixel, width_of, words, wrapped};
use crate::ReportChart;
use crate::render::RenderError;

/// How thick a bar is.
const BAR: i32 = 15;
/// Between the bars of a group.
const GAP: i32 = 2;
/// Between groups.
const SPACE: i32 = 16;
/// A line of a label.
const LINE: i32 = 16;
/// The widest that the labels may become.
const LABELS: f64 = 210.0;
/// Below the bars, for the numbers of the axis.
const AXIS: i32 = 28;

/// Draws the chart; gives its height and the drawing.
pub(super) fn draw(chart: &ReportChart) -> Result<(u32, String), RenderError> {
    let labels: Vec<_> = chart.categories.iter().map(|category| wrapped(category, LABELS)).collect();
    let bars = i32::try_from(chart.series.len()).unwrap_or(1).max(1) * (BAR + GAP) - GAP;
    let heights = labels.iter().map(|lines| bars.max(LINE * i32::try_from(lines.len()).unwrap_or(1)) + SPACE);
    let mut edges = vec![0];
    edges.extend(heights.scan(0, |edge, height| {
        *edge += height;
        Some(*edge)
    }));
    let depth = edges.last().copied().unwrap_or(0);
    let (places, top) = legend(chart.series.iter().map(|series| series.name.as_str()));
    let height = u32::try_from(top + depth + AXIS).unwrap_or(1);
    let widest = labels.iter().flatten().map(|line| width_of(line)).fold(0.0, f64::max);
    let left = pixel(widest) + 14;

    let values = chart.series.iter().flat_map(|series| series.values.iter().take(chart.categories.len()));
    let (shortest, longest) =
        values.fold((0, 0), |(least, most), value| (least.min(drawn(*value)), most.max(drawn(*value))));
    // Room for the figure at the end of the longest bar, and an axis that has a length when all are 0.
    let room = (longest - shortest) / 12 + 1;
    let range = (if shortest < 0 { shortest - room } else { 0 })..longest + room;

    canvas(height, |root| {
        draw_legend(chart, &places, root)?;
        let (_, plot) = root.split_vertically(top);
        let mut plot = ChartBuilder::on(&plot)
            .set_label_area_size(LabelAreaPosition::Left, left)
            .set_label_area_size(LabelAreaPosition::Bottom, AXIS)
            .margin_right(8)
            .build_cartesian_2d(range, depth.max(1)..0)?;
        plot.configure_mesh()
            .disable_y_mesh()
            .disable_y_axis()
            .x_labels(6)
            .x_label_formatter(&i64::to_string)
            .bold_line_style(RULE)
            .light_line_style(TRANSPARENT)
            .axis_style(RULE)
            .label_style(words(QUIET, HPos::Center, VPos::Top))
            .draw()?;
        for (at, lines) in labels.iter().enumerate() {
            let middle = i32::midpoint(edges[at], edges[at + 1]);
            let (_, y) = plot.backend_coord(&(0, middle));
            let first = y - LINE * i32::try_from(lines.len()).unwrap_or(1) / 2 + LINE / 2;
            for (row, line) in (0..).zip(lines) {
                let place = (left - 10, first + LINE * row);
                root.draw(&Text::new(line.as_str(), place, words(INK, HPos::Right, VPos::Center)))?;
            }
            for (row, (series, colour)) in (0..).zip(chart.series.iter().zip(COLOURS.iter().cycle())) {
                let Some(value) = series.values.get(at) else { continue };
                let from = middle - bars / 2 + row * (BAR + GAP);
                plot.draw_series([Rectangle::new([(0, from), (drawn(*value), from + BAR)], colour.filled())])?;
                let (x, y) = plot.backend_coord(&(drawn(*value), from + BAR / 2));
                let (x, side) = if *value < 0 { (x - 5, HPos::Right) } else { (x + 5, HPos::Left) };
                root.draw(&Text::new(value.to_string(), (x, y), words(INK, side, VPos::Center)))?;
            }
        }
        let foot = plot.backend_coord(&(0, depth.max(1)));
        root.draw(&PathElement::new([plot.backend_coord(&(0, 0)), foot], QUIET.stroke_width(1)))
    })
}

/// A figure as long as it is drawn: what nobody counts would overflow the axis.
fn drawn(value: i64) -> i64 {
    const LIMIT: i64 = 1_000_000_000_000;
    value.clamp(-LIMIT, LIMIT)
}

fn draw_legend(chart: &ReportChart, places: &[(i32, i32)], root: &super::Area<'_>) -> Drawn {
    for ((series, (x, y)), colour) in chart.series.iter().zip(places).zip(COLOURS.iter().cycle()) {
        root.draw(&Rectangle::new([(x + 2, y - 6), (x + 14, y + 6)], colour.filled()))?;
        root.draw(&Text::new(series.name.as_str(), (x + 20, *y), words(INK, HPos::Left, VPos::Center)))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_legend_stays_within_the_chart() {
        let names = ["Принято делегаций", "Направлено делегаций", "Отменено по просьбе партнёра", "日本からの訪問団"];
        let (places, height) = super::legend(names.into_iter());
        assert!(
            places
                .iter()
                .zip(names)
                .all(|((x, _), name)| f64::from(*x) + super::width_of(name) < f64::from(crate::render::chart::WIDTH))
        );
        assert!(places.iter().any(|(_, y)| *y > 22) && height > 44, "the entries need two rows: {places:?}");
    }
}
