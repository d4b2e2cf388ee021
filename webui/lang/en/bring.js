// Words of a guest’s own music on its way to the box, in English.

export default {
  'bring.goes': '{title}: {n} % sent',
  'bring.reads': 'The box listens to {title}…',
  'bring.more': 'Still to come: {n}.',
  'bring.done': 'The box has {title}. After the party it is deleted, unless the host keeps it.',
  'bring.given_up': 'Not sent',
  'refused.files-off': 'The host takes no files from phones right now.',
  'refused.too-many-files': 'You have as many files waiting as a guest may have. Wait until one was played.',
  'refused.guests-files-full': 'Guests have brought as much as the box may hold. Ask the host.',
  'refused.too-often': 'Those were many files in a row. Wait a minute.',
  'refused.no-place': 'This box takes no files.',
  'refused.name': 'This file has no name that the box can use.',
  'refused.too-large': 'This file is too large for the box.',
  'refused.no-space': 'There is no room left on the box.',
  'refused.not-music': 'This is no music that the box can play.',
};
