// Ids that tie a label to its control. Preact's own useId repeats itself across
// parts of a page that come and go.

import { useState } from 'preact/hooks';

let last = 0;

export const useId = () => useState(() => `id-${++last}`)[0];
