// Package console is the web page for the people who run the service: it fills
// in the config, edits the mails with a live preview, sends a test and shows what
// became of past sends. The page is a client of the HTTP API like any other; it
// holds no secret, and every call it makes carries the token that was typed in.
//
// assets/ is built from ui/ by `make console` and committed, so nobody needs Node
// to build or run the service.
package console

import (
	"embed"
	"fmt"
	"io/fs"
	"net/http"
)

//go:embed assets
var embedded embed.FS

// names of what assets/ must hold.
const (
	pageName    = "index.html"
	frameName   = "frame.html"
	imagesName  = "frame-images.html" // the same frame under another policy
	scriptName  = "app.js"
	styleName   = "app.css"
	iconName    = "icon.svg"
	creditsName = "licenses.txt" // of the packages in the script
	assetPrefix = "/console/"
)

// New makes the handler: the page at "/", everything it loads below "/console/".
func New() (http.Handler, error) {
	dir, err := fs.Sub(embedded, "assets")
	if err != nil {
		return nil, err
	}
	return newHandler(dir)
}

func newHandler(dir fs.FS) (http.Handler, error) {
	read := func(name string) (*asset, error) {
		text, err := fs.ReadFile(dir, name)
		if err != nil {
			return nil, fmt.Errorf("reading the console's %s: %w", name, err)
		}
		return newAsset(name, text)
	}
	page, err := read(pageName)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	for _, name := range []string{scriptName, styleName, iconName} {
		a, err := read(name)
		if err != nil {
			return nil, err
		}
		if page, err = page.linkTo(a); err != nil {
			return nil, err
		}
		mux.HandleFunc("GET "+a.url(), a.serveForever)
	}
	frame, err := read(frameName)
	if err != nil {
		return nil, err
	}
	credits, err := read(creditsName)
	if err != nil {
		return nil, err
	}
	mux.HandleFunc("GET /{$}", page.under(pagePolicy))
	mux.HandleFunc("GET "+assetPrefix+frameName, frame.under(framePolicy))
	mux.HandleFunc("GET "+assetPrefix+imagesName, frame.under(imagesPolicy))
	mux.HandleFunc("GET "+assetPrefix+creditsName, credits.under(framePolicy))
	return mux, nil
}
