use proptest::prelude::*;

use super::*;

/// A picture as another program reads it.
#[derive(Debug)]
struct Picture {
    side: usize,
    /// One byte per pixel, 0 or 255, row by row.
    pixels: Vec<u8>,
}

impl Picture {
    fn open(file: &[u8]) -> Self {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(file));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        assert_eq!(reader.info().color_type, ColorType::Grayscale);
        assert_eq!(reader.info().bit_depth, BitDepth::One, "as it is stored");
        let (width, height) = (reader.info().width, reader.info().height);
        assert_eq!(width, height);
        let side = usize::try_from(width).unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        assert_eq!(pixels.len(), side * side);
        Self { side, pixels }
    }

    fn at(&self, x: usize, y: usize) -> u8 {
        self.pixels[y * self.side + x]
    }

    /// What a phone would read.
    fn text(&self) -> String {
        let mut image =
            rqrr::PreparedImage::prepare_from_greyscale(self.side, self.side, |x, y| self.at(x, y));
        let grids = image.detect_grids();
        assert_eq!(grids.len(), 1, "codes in the picture");
        grids[0].decode().unwrap().1
    }

    /// Empty pixels on all four sides.
    fn margin(&self) -> usize {
        let light = |line: &dyn Fn(usize) -> u8| (0..self.side).all(|i| line(i) == 255);
        let lines = |at: &dyn Fn(usize, usize) -> u8| {
            (0..self.side).take_while(|&n| light(&|i| at(n, i))).count()
        };
        let last = self.side - 1;
        let margins = [
            lines(&|n, i| self.at(i, n)),
            lines(&|n, i| self.at(i, last - n)),
            lines(&|n, i| self.at(n, i)),
        ];
        assert!(margins.iter().all(|&margin| margin == margins[0]), "{margins:?}");
        margins[0]
    }

    /// Pixels per module: the top left corner of a code is a line of seven dark modules.
    fn scale(&self) -> usize {
        let margin = self.margin();
        let line = (margin..self.side).take_while(|&x| self.at(x, margin) == 0).count();
        assert_eq!(line % 7, 0);
        line / 7
    }
}

fn draw(text: &str) -> Picture {
    Picture::open(&png(&QrText::new(text)).unwrap())
}

/// As long as the texts that WhatsApp's protocol makes.
fn linking_text() -> String {
    format!("https://wa.me/settings/linked_devices#2@{},1", "aB3/".repeat(66))
}

#[test]
fn a_picture_says_what_the_code_says() {
    assert_eq!(draw(&linking_text()).text(), linking_text());
}

#[test]
fn the_quiet_zone_is_four_modules_wide() {
    for text in ["x", &linking_text()] {
        let picture = draw(text);
        assert_eq!(picture.margin(), 4 * picture.scale());
    }
}

#[test]
fn even_a_short_text_makes_a_picture_that_can_be_scanned() {
    let picture = draw("x");
    assert!(picture.side >= 256, "{} pixels", picture.side);
    // 21 modules and the quiet zone: the next smaller scale would not do.
    assert_eq!((picture.scale(), picture.side), (9, 29 * 9));
}

#[test]
fn a_long_text_does_not_make_modules_smaller() {
    let picture = draw(&"x".repeat(2000));
    assert_eq!(picture.scale(), 4);
}

#[test]
fn a_picture_is_small() {
    let file = png(&QrText::new(linking_text())).unwrap();
    assert!(file.len() < 1024, "{} bytes", file.len());
}

#[test]
fn a_text_that_no_code_holds_is_refused() {
    let error = png(&QrText::new("canary".repeat(1000))).unwrap_err();
    assert!(matches!(error, QrImageError::TooLong));
    assert!(!format!("{error:?} {error}").contains("canary"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn every_linking_text_can_be_read_back(
        text in "(https://wa\\.me/settings/linked_devices#)?2@[A-Za-z0-9+/=,]{160,310},[0-9]"
    ) {
        let picture = draw(&text);
        prop_assert!(picture.side >= 256);
        prop_assert!(picture.scale() >= 4);
        prop_assert_eq!(picture.text(), text);
    }
}
