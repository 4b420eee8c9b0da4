//! Places.

use serde::Serialize;
use waygate_core::message::content::Location;

use super::Forwarded;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PlaceData<'a> {
    name_location: &'a str,
    address: &'a str,
    latitude: f64,
    longitude: f64,
    jpeg_thumbnail: &'a str,
    #[serde(flatten)]
    forwarded: Forwarded,
}

impl<'a> PlaceData<'a> {
    pub(super) fn of(place: &'a Location, forwarded: Forwarded) -> Self {
        Self {
            name_location: &place.name,
            address: &place.address,
            latitude: place.latitude.into(),
            longitude: place.longitude.into(),
            jpeg_thumbnail: &place.thumbnail,
            forwarded,
        }
    }
}
