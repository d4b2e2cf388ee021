// A page written from the design notes 2 and 4 alone: its "voice sending card" and its "voice receiving card". It knows nothing of
// the box but the notes' messages and the address `/ws`. A tone stands for the microphone.

const signaling = () => new WebSocket(`ws://${location.host}/ws`);
const rules = { iceServers: [], bundlePolicy: 'max-bundle', rtcpMuxPolicy: 'require' };

/** The sending card: a tone of so many hertz at a peak of 0.25. */
window.sendTone = async (hz) => {
  const card = (window.card = { said: [] });
  const context = new AudioContext();
  await context.resume();
  const tone = new OscillatorNode(context, { frequency: hz });
  const level = new GainNode(context, { gain: 0.25 });
  const microphone = context.createMediaStreamDestination();
  tone.connect(level).connect(microphone);
  tone.start();
  const socket = (card.socket = signaling());
  socket.onopen = () => socket.send(JSON.stringify({ type: 'start_sending' }));
  socket.onmessage = async ({ data }) => {
    const message = JSON.parse(data);
    card.said.push(message.type);
    if (message.type === 'sender_ready') {
      card.peer = new RTCPeerConnection(rules);
      microphone.stream.getTracks().forEach((track) => card.peer.addTrack(track, microphone.stream));
      card.peer.onicecandidate = ({ candidate }) => {
        if (candidate) socket.send(JSON.stringify({ type: 'ice_candidate', candidate }));
      };
      await card.peer.setLocalDescription(await card.peer.createOffer());
      socket.send(JSON.stringify({ type: 'webrtc_offer', offer: card.peer.localDescription }));
    } else if (message.type === 'webrtc_answer') {
      await card.peer.setRemoteDescription(message.answer);
    } else if (message.type === 'error') {
      card.error = message;
    }
  };
};

/** The receiving card: plays the first stream that there is, or waits for one. */
window.receive = async () => {
  const card = (window.card = { said: [], ended: [] });
  const context = (card.context = new AudioContext());
  await context.resume();
  const socket = (card.socket = signaling());
  const start = (id) => {
    if (card.stream) return;
    card.stream = id;
    socket.send(JSON.stringify({ type: 'start_receiving', stream_id: id }));
  };
  socket.onopen = () => socket.send(JSON.stringify({ type: 'get_available_streams' }));
  socket.onmessage = async ({ data }) => {
    const message = JSON.parse(data);
    card.said.push(message.type);
    if (message.type === 'available_streams') {
      if (message.streams.length) start(message.streams[0]);
    } else if (message.type === 'stream_available') {
      start(message.stream_id);
    } else if (message.type === 'webrtc_offer') {
      card.peer = new RTCPeerConnection(rules);
      card.peer.ontrack = ({ streams: [stream] }) => {
        card.speaker = new Audio();
        card.speaker.muted = true;
        card.speaker.srcObject = stream;
        card.speaker.play();
        card.ear = new AnalyserNode(context, { fftSize: 8192, smoothingTimeConstant: 0 });
        context.createMediaStreamSource(stream).connect(card.ear);
      };
      await card.peer.setRemoteDescription(message.offer);
      await card.peer.setLocalDescription(await card.peer.createAnswer());
      socket.send(JSON.stringify({ type: 'webrtc_answer', answer: card.peer.localDescription }));
    } else if (message.type === 'stream_ended') {
      card.ended.push(message.stream_id);
    } else if (message.type === 'error') {
      card.error = message;
    }
  };
};

/** What is heard: the loudest pitch, Hz, and the level of the last 0.17 s, linear; nothing while that is silent or has a gap. */
window.heard = () => {
  const ear = window.card.ear;
  if (!ear) return null;
  const bands = new Float32Array(ear.frequencyBinCount), samples = new Float32Array(ear.fftSize);
  ear.getFloatFrequencyData(bands);
  ear.getFloatTimeDomainData(samples);
  const level = (part) => Math.sqrt(part.reduce((sum, sample) => sum + sample * sample, 0) / part.length);
  const parts = [...Array(16).keys()].map((at) => level(samples.subarray(at * 512, (at + 1) * 512)));
  const loudest = bands.reduce((best, band, at) => (band > bands[best] ? at : best), 0);
  const hz = (loudest * window.card.context.sampleRate) / ear.fftSize;
  return Math.min(...parts) > 0.16 ? { hz, level: level(samples) } : null;
};
