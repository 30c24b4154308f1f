package com.example;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** An ordinary Spring Boot application: application.properties is all that knows of the HSM. */
@SpringBootApplication
@RestController
public class Application {
    /** Starts it. */
    public static void main(String[] arguments) {
        SpringApplication.run(Application.class, arguments);
    }

    /** Its page. */
    @GetMapping("/")
    public String hello() {
        return "Hello over TLS, with a key that this JVM does not have.\n";
    }
}
