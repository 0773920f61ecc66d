// Shows a mail's HTML. The frame's document comes from the service with a policy
// of its own: no script, no network. The page, which shares its origin, puts the
// mail's elements into it. A mail is not trusted, so there are several walls: the
// frame's sandbox, its policy, and what is taken out here. Where images are asked for, the
// frame's document is one whose policy lets those with https in, and nothing else.

import { useEffect, useRef, useState } from 'preact/hooks';
import { t } from '../words/words.js';

const unwanted = 'script,link,base,meta[http-equiv],iframe,frame,frameset,object,embed,applet,portal,fencedframe';
const frameAddress = { plain: '/console/frame.html', images: '/console/frame-images.html' };
const phoneWidth = 375;
const desktopWidth = 720;

/** Rewrites what asks for the colours of the reader's system. */
export const forced = (css, scheme) =>
  css.replace(/\(\s*prefers-color-scheme\s*:\s*(dark|light)\s*\)/gi, (_, asked) => (asked.toLowerCase() === scheme ? '(min-width: 0px)' : '(max-width: -1px)'));

/** Reports whether a mail brings styles for the dark. */
export const hasDark = (html) =>
  /prefers-color-scheme\s*:\s*dark|color-scheme\s*:[^;}]*dark|<meta[^>]+color-scheme[^>]+dark/i.test(html);

const address = (element) => element.getAttribute('src') ?? element.getAttribute('background');
const isRemote = (element) => !/^\s*(data|cid):/i.test(address(element));
const isHTTPS = (element) => /^\s*https:/i.test(address(element));

/**
 * Puts a mail into the frame and gives the numbers of images that it would load, {https, other}.
 * The frame's own parser reads it: the page's would hold it to the page's policy.
 */
function fill(frame, html, scheme) {
  const target = frame.contentDocument;
  const mail = new frame.contentWindow.DOMParser().parseFromString(html, 'text/html');
  const images = [...mail.querySelectorAll('img[src],[background]')].filter(isRemote);
  const https = images.filter(isHTTPS).length;
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
  return { https, other: images.length - https };
}

const isSame = (a, b) => a.https === b.https && a.other === b.other;

export function MailFrame({ html, scheme, phone = false, images = false, title = t('preview.frame'), onRemote }) {
  const frame = useRef(null);
  const box = useRef(null);
  const source = images ? frameAddress.images : frameAddress.plain;
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
      current.src = source;
      return;
    }
    if (new URL(current.contentWindow.location.href).pathname !== source) return; // the other one is on its way
    const remote = fill(current, html, hasDark(html) ? scheme : 'light');
    onRemote((old) => (isSame(old, remote) ? old : remote));
    const fit = () => {
      current.style.height = '0px';
      current.style.width = `${width}px`;
      const height = Math.min(Math.max(current.contentDocument.documentElement.scrollHeight, 160), 4000);
      current.style.height = `${height}px`;
      current.style.transform = `scale(${scale})`;
      box.current.style.height = `${Math.ceil(height * scale)}px`;
    };
    fit();
    for (const image of images ? current.contentDocument.images : []) image.addEventListener('load', fit);
  }, [loaded, html, scheme, width, scale]);

  return (
    <div class={`mail ${phone ? 'mail-phone' : ''}`} ref={box}>
      <iframe ref={frame} title={title} sandbox="allow-same-origin" src={source} onLoad={() => setLoaded((n) => n + 1)} />
    </div>
  );
}
