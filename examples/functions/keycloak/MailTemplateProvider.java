import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;

import org.keycloak.email.EmailException;
import org.keycloak.email.freemarker.FreeMarkerEmailTemplateProvider;
import org.keycloak.models.KeycloakSession;
import org.keycloak.util.JsonSerialization;

/** Has the mails that carry a link sent by the mail service. All others go by SMTP as before. */
public class MailTemplateProvider extends FreeMarkerEmailTemplateProvider {
  private static final URI SEND = URI.create(System.getenv("MAIL_URL") + "/send-code");
  private static final HttpClient CLIENT =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();

  public MailTemplateProvider(KeycloakSession session) {
    super(session);
  }

  @Override
  public void sendPasswordReset(String link, long minutes) throws EmailException {
    send("ForgotPassword", user.getEmail(), link, minutes);
  }

  @Override
  public void sendVerifyEmail(String link, long minutes) throws EmailException {
    send("EmailVerification", user.getEmail(), link, minutes);
  }

  @Override
  public void sendEmailUpdateConfirmation(String link, long minutes, String address) throws EmailException {
    send("BindNewIdentifier", address, link, minutes);
  }

  @Override
  public void sendConfirmIdentityBrokerLink(String link, long minutes) throws EmailException {
    send("BindNewIdentifier", user.getEmail(), link, minutes);
  }

  @Override
  public void sendExecuteActions(String link, long minutes) throws EmailException {
    send("Generic", user.getEmail(), link, minutes);
  }

  private void send(String type, String to, String link, long minutes) throws EmailException {
    String locale = session.getContext().resolveLocale(user).toLanguageTag();
    Map<String, Object> mail = Map.of(
        "to", to,
        "type", type,
        "expiresAt", Instant.now().plus(Duration.ofMinutes(minutes)).toString(),
        "payload", Map.of("link", link, "locale", locale));
    try {
      HttpRequest request = HttpRequest.newBuilder(SEND)
          .timeout(Duration.ofSeconds(5)) // the service answers within 4
          .header("Content-Type", "application/json")
          .header("Accept", "application/json")
          .header("Authorization", "Bearer " + System.getenv("MAIL_TOKEN"))
          .POST(HttpRequest.BodyPublishers.ofString(JsonSerialization.writeValueAsString(mail)))
          .build();
      HttpResponse<String> answer = CLIENT.send(request, HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() / 100 != 2) {
        throw new IOException(answer.statusCode() + " " + answer.body());
      }
    } catch (IOException e) {
      throw new EmailException("The mail service did not take the mail", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new EmailException("The mail service was not waited for", e);
    }
  }
}
