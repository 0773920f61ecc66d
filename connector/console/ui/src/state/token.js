// The token. It lives in the session storage of this tab. A new tab asks those that are
// open for it, through a channel that only pages of this origin have: so it is typed in once,
// and is gone from the machine with the last tab. Local storage would keep it on the disk.

const key = 'mailgun-connector-token';
const patience = 300; // ms for another tab's answer
const channel = new BroadcastChannel(key);

export const token = () => sessionStorage.getItem(key) ?? '';

export const keepToken = (value) => sessionStorage.setItem(key, value);

const link = '#token=';

/** Takes the token of a sign-in link, and reports whether it is one. It stays in no address, nor in the history. */
export function takeToken() {
  if (!location.hash.startsWith(link)) return false;
  keepToken(decodeURIComponent(location.hash.slice(link.length)));
  history.replaceState(null, '', '#/');
  return true;
}

/** Hands the token, which has proved to be right, to the tabs that have none. */
export const shareToken = () => token() && channel.postMessage({ token: token() });

/** Forgets a token that is no longer right. */
export const dropToken = () => sessionStorage.removeItem(key);

/** Forgets the token in all tabs. */
export function forgetToken() {
  dropToken();
  channel.postMessage({ forget: true });
}

/** Asks the other tabs, and returns once one has answered, or none. */
export function askOthers() {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      channel.removeEventListener('message', listen);
      resolve();
    };
    const listen = ({ data }) => data.token && done(); // which onToken has kept
    const timer = setTimeout(done, patience);
    channel.addEventListener('message', listen);
    channel.postMessage({ ask: true });
  });
}

/** Sets what to do when another tab has a token for this one, which has none, or forgets it. */
export function onToken(taken, forgotten) {
  channel.addEventListener('message', ({ data }) => {
    if (data.ask && token()) channel.postMessage({ token: token() });
    if (data.token && !token()) {
      sessionStorage.setItem(key, data.token);
      taken();
    }
    if (data.forget && token()) {
      dropToken();
      forgotten();
    }
  });
}
