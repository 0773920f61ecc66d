package console

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// asset is one file, compressed once for everybody.
type asset struct {
	name       string
	text       []byte
	compressed []byte
	hash       string
	mediaType  string
}

func newAsset(name string, text []byte) (*asset, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(text); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(text)
	return &asset{name, text, b.Bytes(), hex.EncodeToString(sum[:8]), mediaType(name)}, nil
}

// mediaType is what a file is. Go's own table would do but for what the machine
// adds to it.
func mediaType(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".txt":
		return "text/plain; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	return mime.FormatMediaType("text/html", map[string]string{"charset": "utf-8"})
}

// url has the hash of the content in it: what is kept under it never changes.
func (a *asset) url() string {
	extension := path.Ext(a.name)
	return assetPrefix + strings.TrimSuffix(a.name, extension) + "-" + a.hash + extension
}

// linkTo returns the page with the url of an asset in place of its name.
func (a *asset) linkTo(other *asset) (*asset, error) {
	plain := []byte(`"` + assetPrefix + other.name + `"`)
	if !bytes.Contains(a.text, plain) {
		return nil, fmt.Errorf("the console's %s does not load %s", a.name, other.name)
	}
	return newAsset(a.name, bytes.ReplaceAll(a.text, plain, []byte(`"`+other.url()+`"`)))
}

// serveForever serves an asset to be kept.
func (a *asset) serveForever(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Header().Set("Etag", `"`+a.hash+`"`)
	if r.Header.Get("If-None-Match") == `"`+a.hash+`"` {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	a.serve(w, r)
}

func (a *asset) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", a.mediaType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Add("Vary", "Accept-Encoding")
	body := a.text
	if takesGzip(r.Header.Get("Accept-Encoding")) {
		h.Set("Content-Encoding", "gzip")
		body = a.compressed
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // fails only when the browser left
}

// takesGzip reports whether an Accept-Encoding header asks for gzip. A weight of
// zero is a refusal.
func takesGzip(header string) bool {
	for coding := range strings.SplitSeq(header, ",") {
		name, weight, weighted := strings.Cut(strings.TrimSpace(coding), ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			q, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(weight), "q="), 64)
			return !weighted || err == nil && q > 0
		}
	}
	return false
}
