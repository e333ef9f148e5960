//! The charts, as SVG.

use std::error::Error;
use std::path::Path;

use compare::row::Class;
use plotters::prelude::*;

pub struct Bar {
    pub label: String,
    pub value: f64,
    pub class: Class,
}

pub struct Panel {
    pub title: String,
    pub bars: Vec<Bar>,
}

pub struct Line {
    pub label: String,
    pub class: Class,
    pub points: Vec<(f64, f64)>,
}

const PANEL: (u32, u32) = (480, 420);

/// Panels of bars, two in a row, the longest bar first.
pub fn bars(file: &Path, title: &str, panels: &[Panel]) {
    let columns = panels.len().clamp(1, 2);
    let rows = panels.len().div_ceil(2);
    let size = (PANEL.0 * columns as u32, PANEL.1 * rows as u32 + 30);
    let root = SVGBackend::new(file, size).into_drawing_area();
    root.fill(&WHITE).expect("a file to write");
    let root = root.titled(title, ("sans-serif", 18)).expect("room for the title");
    for (area, panel) in root.split_evenly((rows, columns)).iter().zip(panels) {
        draw_bars(area, panel).expect("a file to write");
    }
    root.present().expect("a file to write");
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

fn draw_bars(area: &Area, panel: &Panel) -> Result<(), Box<dyn Error>> {
    let mut bars: Vec<_> = panel.bars.iter().collect();
    // The first is drawn at the bottom.
    bars.sort_by(|a, b| a.value.total_cmp(&b.value));
    let most = bars.last().map_or(1.0, |bar| bar.value);
    let mut chart = ChartBuilder::on(area)
        .caption(&panel.title, ("sans-serif", 14))
        .margin(8)
        .y_label_area_size(200)
        .x_label_area_size(20)
        .build_cartesian_2d(0.0..most * 1.18, (0..bars.len().max(1) - 1).into_segmented())?;
    let name = |segment: &SegmentValue<usize>| match segment {
        SegmentValue::CenterOf(index) => bars.get(*index).map_or(String::new(), |bar| bar.label.clone()),
        _ => String::new(),
    };
    chart
        .configure_mesh()
        .disable_y_mesh()
        .light_line_style(WHITE)
        .y_labels(bars.len())
        .y_label_formatter(&name)
        .x_labels(5)
        .draw()?;
    chart.draw_series(bars.iter().enumerate().map(|(index, bar)| {
        let corners = [(0.0, SegmentValue::Exact(index)), (bar.value, SegmentValue::Exact(index + 1))];
        let mut shape = Rectangle::new(corners, color(bar.class).filled());
        shape.set_margin(2, 2, 0, 0);
        shape
    }))?;
    chart.draw_series(bars.iter().enumerate().map(|(index, bar)| {
        let at = (bar.value + most * 0.01, SegmentValue::CenterOf(index));
        Text::new(crate::data::figures(bar.value), at, ("sans-serif", 11))
    }))?;
    Ok(())
}

/// A panel of GB/s over the size for each.
pub fn lines(file: &Path, panels: &[(String, Vec<Line>)]) {
    let root = SVGBackend::new(file, (PANEL.0 * panels.len() as u32, PANEL.1)).into_drawing_area();
    root.fill(&WHITE).expect("a file to write");
    for (area, (title, lines)) in root.split_evenly((1, panels.len())).iter().zip(panels) {
        draw_lines(area, title, lines).expect("a file to write");
    }
    root.present().expect("a file to write");
}

fn draw_lines(area: &Area, title: &str, lines: &[Line]) -> Result<(), Box<dyn Error>> {
    let points = || lines.iter().flat_map(|line| &line.points);
    let first = points().map(|point| point.0).fold(f64::MAX, f64::min);
    let last = points().map(|point| point.0).fold(1.0, f64::max);
    let most = points().map(|point| point.1).fold(1.0, f64::max);
    let mut chart = ChartBuilder::on(area)
        .caption(format!("Unmask, {title}, GB/s"), ("sans-serif", 14))
        .margin(8)
        .y_label_area_size(40)
        .x_label_area_size(30)
        .build_cartesian_2d((first.min(last)..last).log_scale().base(4.0), 0.0..most * 1.1)?;
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .x_label_formatter(&|size| crate::data::bytes(size.round() as usize))
        .draw()?;
    for line in lines {
        let style = color(line.class).stroke_width(2);
        chart
            .draw_series(LineSeries::new(line.points.iter().copied(), style).point_size(3))?
            .label(&line.label)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], style));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .background_style(WHITE.mix(0.8))
        .border_style(WHITE)
        .draw()?;
    Ok(())
}

fn color(class: Class) -> RGBColor {
    match class {
        Class::Sansws => RGBColor(0xd9, 0x5f, 0x02),
        Class::Peer => RGBColor(0x75, 0x9c, 0xc4),
        Class::Floor => RGBColor(0xa0, 0xa0, 0xa0),
    }
}
