package org.ferrohsm.spring.app;

import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Import;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** The application under test, unaware of FerroHSM but for its properties. */
@SpringBootConfiguration
@EnableAutoConfiguration
@Import({App.Pages.class, BlockingRelay.class, ReactiveRelay.class})
public class App {
    /** Its page. */
    @RestController
    public static class Pages {
        /** A greeting. */
        @GetMapping("/")
        public String hello() {
            return "hello";
        }
    }
}
