package org.keycloak.email;

public class EmailException extends Exception {
  public EmailException(String message, Throwable cause) {
    super(message, cause);
  }
}
