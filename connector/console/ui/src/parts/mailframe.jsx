// Shows a mail's HTML. The frame's document comes from the service with a policy
// of its own: no script, no network. The page, which shares its origin, puts the
// mail's elements into it. A mail is not trusted, so there are several walls: the
// frame's sandbox, its policy, and what is taken out here.

import { useEffect, useRef, useState } from 'preact/hooks';
import { t } from '../words/words.js';

const unwanted = 'script,link,base,meta[http-equiv],iframe,frame,frameset,object,embed,applet,portal,fencedframe';
const frameAddress = '/console/frame.html';
const phoneWidth = 375;
const desktopWidth = 720;

/** Rewrites what asks for the colours of the reader's system. */
export const forced = (css, scheme) =>
  css.replace(/\(\s*prefers-color-scheme\s*:\s*(dark|light)\s*\)/gi, (_, asked) => (asked.toLowerCase() === scheme ? '(min-width: 0px)' : '(max-width: -1px)'));

/** Reports whether a mail brings styles for the dark. */
export const hasDark = (html) =>
  /prefers-color-scheme\s*:\s*dark|color-scheme\s*:[^;}]*dark|<meta[^>]+color-scheme[^>]+dark/i.test(html);

const isRemote = (element) => !/^\s*(data|cid):/i.test(element.getAttribute('src') ?? element.getAttribute('background'));

/**
 * Puts a mail into the frame and gives the number of images that it would load.
 * The frame's own parser reads it: the page's would hold it to the page's policy.
 */
function fill(frame, html, scheme) {
  const target = frame.contentDocument;
  const mail = new frame.contentWindow.DOMParser().parseFromString(html, 'text/html');
  const remote = [...mail.querySelectorAll('img[src],[background]')].filter(isRemote).length;
  for (const element of mail.querySelectorAll(unwanted)) element.remove();
  for (const element of mail.querySelectorAll('*')) {
    for (const { name } of [...element.attributes]) if (/^(on|ping$)/i.test(name)) element.removeAttribute(name);
    if (element.hasAttribute('media')) element.setAttribute('media', forced(element.getAttribute('media'), scheme));
  }
  for (const style of mail.querySelectorAll('style')) style.textContent = forced(style.textContent, scheme);
  target.replaceChild(target.adoptNode(mail.documentElement), target.documentElement);
  target.documentElement.style.colorScheme = scheme;
  target.onclick = (event) => event.target.closest?.('a,area') && event.preventDefault();
  target.onauxclick = target.onclick;
  target.onsubmit = (event) => event.preventDefault();
  return remote;
}

export function MailFrame({ html, scheme, phone = false, onRemote }) {
  const frame = useRef(null);
  const box = useRef(null);
  const [loaded, setLoaded] = useState(0);
  const [room, setRoom] = useState(desktopWidth);
  const width = phone ? Math.min(phoneWidth, room) : Math.max(desktopWidth, room);
  const scale = Math.min(1, room / width);

  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => setRoom(Math.floor(entry.contentRect.width)));
    watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  useEffect(() => {
    if (loaded === 0) return;
    const { current } = frame;
    if (!current.contentDocument) { // somebody led it away, and its policy stopped that
      current.src = frameAddress;
      return;
    }
    onRemote(fill(current, html, hasDark(html) ? scheme : 'light'));
    current.style.height = '0px';
    current.style.width = `${width}px`;
    const height = Math.min(Math.max(current.contentDocument.documentElement.scrollHeight, 160), 4000);
    current.style.height = `${height}px`;
    current.style.transform = `scale(${scale})`;
    box.current.style.height = `${Math.ceil(height * scale)}px`;
  }, [loaded, html, scheme, width, scale]);

  return (
    <div class={`mail ${phone ? 'mail-phone' : ''}`} ref={box}>
      <iframe ref={frame} title={t('preview.frame')} sandbox="allow-same-origin" src={frameAddress} onLoad={() => setLoaded((n) => n + 1)} />
    </div>
  );
}
