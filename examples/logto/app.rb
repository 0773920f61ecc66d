# A web application whose visitors sign in with Logto: README.md has the steps.
require "logto/client"
require "sinatra"

HOME = "http://localhost:4567"

# What the gem looks up at Logto, kept in memory for all visitors.
LOOKUPS = LogtoClient::SessionStorage.new({})

enable :sessions
set :session_secret, ENV.fetch("SESSION_SECRET")

helpers do
  # The client of the visitor whose session this is.
  def logto
    @logto ||= LogtoClient.new(
      config: LogtoClient::Config.new(
        endpoint: ENV.fetch("LOGTO_ENDPOINT", "http://localhost:3001"),
        app_id: ENV.fetch("LOGTO_APP_ID"),
        app_secret: ENV.fetch("LOGTO_APP_SECRET"),
        scopes: ["email"]
      ),
      navigate: ->(uri) { redirect uri },
      storage: LogtoClient::SessionStorage.new(session),
      cache: LOOKUPS
    )
  end
end

get "/" do
  halt '<a href="/sign-in">Sign in</a>' unless logto.is_authenticated?
  visitor = logto.id_token_claims
  %(Signed in as #{Rack::Utils.escape_html(visitor.email || visitor.sub)}. <a href="/sign-out">Sign out</a>)
end

get "/sign-in" do
  logto.sign_in(redirect_uri: "#{HOME}/callback", post_redirect_uri: "/")
end

get "/callback" do
  logto.handle_sign_in_callback(url: request.url)
end

get "/sign-out" do
  logto.sign_out(post_logout_redirect_uri: "#{HOME}/")
end
