// What the page of rooms asks of the box: the connection on which a room is spoken about, and the code to scan. Only this module of
// the page names addresses.

/** Opens the connection to the rooms. */
export function openRooms() {
  const place = new URL('/ws/rooms', location.href);
  place.protocol = place.protocol === 'https:' ? 'wss:' : 'ws:';
  return new WebSocket(place.href);
}

/**
 * The address of a picture that leads a camera to a room.
 * @param {string} code
 */
export const codePicture = (code) => `/api/qr/room.svg?room=${code}`;

/** Where this page is, for people who type it. */
export const roomsAddress = () => `${location.host}/rooms`;
