//! The code that can be scanned, in all its forms.

use axum::body::Body;
use axum::http::Request;
use rqrr::PreparedImage;
use waygate_played::deadline::within;

use crate::server::{Answer, Instance, Server};

/// What an independent reader sees in a picture.
pub(crate) fn scanned(png: &[u8]) -> String {
    let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut pixels).unwrap();
    let (width, line) = (frame.width as usize, frame.line_size);
    let mut image = PreparedImage::prepare_from_greyscale(width, width, |x, y| {
        let byte = pixels[y * line + x / 8];
        if byte >> (7 - x % 8) & 1 == 1 { 255 } else { 0 }
    });
    image.detect_grids()[0].decode().unwrap().1
}

/// What the same reader sees where these modules are dark, with four pixels for each.
fn scanned_modules(is_dark: &[Vec<bool>]) -> String {
    let side = is_dark.len() * 4;
    let mut image = PreparedImage::prepare_from_greyscale(side, side, |x, y| {
        if is_dark[y / 4][x / 4] { 0 } else { 255 }
    });
    image.detect_grids()[0].decode().unwrap().1
}

/// The modules of an SVG whose path is made of rectangles one module high.
fn modules_of_shapes(svg: &str) -> Vec<Vec<bool>> {
    let between = |begin: &str, end: &str| {
        svg.split_once(begin).unwrap().1.split_once(end).unwrap().0.to_owned()
    };
    let side: usize = between("viewBox=\"0 0 ", " ").parse().unwrap();
    let mut is_dark = vec![vec![false; side]; side];
    for run in between(" d=\"", "\"").split_terminator('z') {
        let numbers: Vec<usize> = run
            .split(|it: char| !it.is_ascii_digit())
            .filter_map(|number| number.parse().ok())
            .collect();
        let [x, y, length, height, back] = numbers[..] else { panic!("{run}") };
        assert_eq!((height, back), (1, length));
        is_dark[y][x..x + length].fill(true);
    }
    is_dark
}

/// The modules of lines of half blocks, white on black.
fn modules_of_lines(text: &str) -> Vec<Vec<bool>> {
    let mut is_dark: Vec<Vec<bool>> = Vec::new();
    for line in text.lines() {
        let line = line.strip_prefix("\u{1b}[38;2;255;255;255;48;2;0;0;0m").unwrap();
        let line = line.strip_suffix("\u{1b}[0m").unwrap();
        for light in ['\u{2580}', '\u{2584}'] {
            is_dark.push(line.chars().map(|it| it != '\u{2588}' && it != light).collect());
        }
    }
    // An odd number of rows leaves half a line.
    is_dark.truncate(is_dark[0].len());
    is_dark
}

/// An instance with an attempt, and the attempt's path.
async fn begun() -> (Server, Instance, String) {
    let server = Server::start().await;
    let instance = server.instance().await;
    let begun = server.post(&instance.path("/linking-attempts"), r#"{"method":"qr"}"#).await;
    let path = instance.path(&format!("/linking-attempts/{}", begun.text("id")));
    (server, instance, path)
}

async fn showing() -> (Server, Instance, String) {
    let (server, instance, path) = begun().await;
    server.link.show(instance.id, "2@the,code").await;
    let polled = within(server.get(&format!("{path}?wait=60&after=1"))).await;
    assert_eq!(polled.text("step"), "qr_code");
    (server, instance, path)
}

async fn accepting(server: &Server, path: &str, accept: &str) -> Answer {
    let request = Request::get(format!("/api/v1{path}/qr"))
        .header("authorization", format!("Bearer {}", server.key.expose()))
        .header("accept", accept);
    server.answer(request.body(Body::empty()).unwrap()).await
}

#[tokio::test(start_paused = true)]
async fn every_picture_says_what_the_text_says() {
    let (server, _instance, path) = showing().await;
    let picture = server.get(&format!("{path}/qr.png")).await;
    assert_eq!((picture.status, picture.header("content-type")), (200, Some("image/png")));
    assert_eq!(scanned(&picture.bytes), "2@the,code");
    let shapes = server.get(&format!("{path}/qr.svg")).await;
    assert_eq!((shapes.status, shapes.header("content-type")), (200, Some("image/svg+xml")));
    assert_eq!(scanned_modules(&modules_of_shapes(shapes.body())), "2@the,code");
    let lines = server.get(&format!("{path}/qr.ansi")).await;
    assert_eq!(lines.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(scanned_modules(&modules_of_lines(lines.body())), "2@the,code");
    let text = server.get(&format!("{path}/qr.txt")).await;
    assert_eq!((text.status, text.body()), (200, "2@the,code"));
    assert_eq!(text.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(text.header("cache-control"), Some("no-store"));
}

#[tokio::test(start_paused = true)]
async fn the_form_is_chosen_by_what_the_client_accepts() {
    let (server, _instance, path) = showing().await;
    for (accept, form) in [
        ("", "image/png"),
        ("image/avif,image/webp,*/*;q=0.8", "image/png"),
        ("image/svg+xml", "image/svg+xml"),
        ("image/svg+xml,image/png;q=0.5", "image/svg+xml"),
        ("text/plain", "text/plain; charset=utf-8"),
        ("application/json", "application/json"),
    ] {
        let answer = accepting(&server, &path, accept).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some(form)), "{accept}");
        assert_eq!(answer.header("vary"), Some("accept"));
    }
    let attempt = accepting(&server, &path, "application/json").await;
    assert_eq!(attempt.json(), server.get(&path).await.json());
}

#[tokio::test(start_paused = true)]
async fn without_a_code_there_is_no_picture() {
    let (server, _instance, path) = begun().await;
    for rest in ["/qr", "/qr.png", "/qr.svg", "/qr.ansi", "/qr.txt"] {
        let answer = server.get(&format!("{path}{rest}")).await;
        insta::allow_duplicates!(
            insta::assert_snapshot!(answer, @r#"409 {"type":"about:blank","title":"Conflict","status":409,"code":"wrong_state","detail":"there is no code that can be scanned now"}"#)
        );
    }
    let attempt = accepting(&server, &path, "application/json").await;
    assert_eq!(attempt.text("step"), "preparing", "which is what there is to tell");
}

#[tokio::test(start_paused = true)]
async fn an_expired_code_is_not_drawn() {
    let (server, _instance, path) = showing().await;
    tokio::time::advance(std::time::Duration::from_secs(61)).await;
    assert_eq!(server.get(&format!("{path}/qr.png")).await.status, 409);
}
